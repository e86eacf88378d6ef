"""The WSGI application. Under ASGI, Django opens a connection per request: it is not offered."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventbooking_system.settings")

application = get_wsgi_application()
