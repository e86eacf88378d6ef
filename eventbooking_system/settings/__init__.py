"""
Settings from the environment and `.env`.

.env.example describes each variable. ENV_FILE names another file to read instead of `.env`.
The values that no variable changes are in `applications` and `api`.
"""

import zoneinfo
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

from eventbooking_system import environment as env
from eventbooking_system.server.logs import logging_config
from eventbooking_system.settings import api, applications
from eventbooking_system.signing_keys import derived_signing_key, signing_keys

BASE_DIR = Path(__file__).resolve().parents[2]
env.load_file(BASE_DIR / env.text("ENV_FILE", ".env"))

# Time zones come from the pinned package tzdata. The database of the machine may be years older.
zoneinfo.reset_tzpath(())
zoneinfo.ZoneInfo.clear_cache()

# ---- Process

DEVELOPMENT_SECRET_KEY = "development-only-secret-key-never-use-it-in-production-0123456789"

DEBUG = env.flag("DEBUG")
SECRET_KEY = env.text("SECRET_KEY", "change-me")  # The value in .env.example.
if SECRET_KEY == "change-me" and DEBUG:
    SECRET_KEY = DEVELOPMENT_SECRET_KEY
if SECRET_KEY in {"change-me", DEVELOPMENT_SECRET_KEY} and not DEBUG:
    raise env.refuse("SECRET_KEY", "set a secret of your own, or DEBUG=True for development.")
if len(SECRET_KEY) < 32:
    raise env.refuse("SECRET_KEY", "is shorter than 32 characters.")

ALLOWED_HOSTS = env.hosts(
    "ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]", "testserver"] if DEBUG else []
)
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS", wildcards=True)
CORS_ALLOWED_ORIGINS = env.origins("CORS_ALLOWED_ORIGINS")
CORS_URLS_REGEX = r"^/api/.*$"
CORS_ALLOW_HEADERS = ["accept", "accept-language", "authorization", "content-type",
                      "idempotency-key", "if-none-match", "x-request-id"]  # fmt: skip
CORS_EXPOSE_HEADERS = ["Date", "ETag", "Idempotent-Replayed", "Retry-After", "X-Request-ID"]
TRUSTED_PROXIES = env.integer("TRUSTED_PROXIES", 0, minimum=0, maximum=10)

INSTALLED_APPS = [*applications.INSTALLED_APPS]
MIDDLEWARE = [*applications.MIDDLEWARE]
ROOT_URLCONF = "eventbooking_system.urls"
WSGI_APPLICATION = "eventbooking_system.wsgi.application"
# A path without its slash is a 404 that says so, because a redirect would drop the body of a POST.
APPEND_SLASH = False
# Requests that a process accepts before it answers 503: see server/load_shedding.py.
REQUESTS_AT_ONCE = env.integer("REQUESTS_AT_ONCE", 4, minimum=0, maximum=1000)
REQUESTS_WAITING = env.integer("REQUESTS_WAITING", 64, minimum=0, maximum=10_000)
PAYMENTS_AT_ONCE = env.integer("PAYMENTS_AT_ONCE", 32, minimum=1, maximum=1000)
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# Bodies over 64 kB are read only if this function knows their sender: server/request_bodies.py.
MAY_SEND_LARGE_BODIES = "users.authentication.is_staff_request"
CSRF_FAILURE_VIEW = "eventbooking_system.problems.csrf_failure"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# ---- Storage

DATABASES = {"default": env.database("DATABASE_URL", "sqlite:///db.sqlite3")}
DATABASE_ROUTERS = []
# A pooler in transaction mode gives the connection to other clients between transactions.
DATABASE_PREPARES = not env.flag("DATABASE_POOLED")
# A pooler does not pass these on. There, the role has them: see docs/operations.md.
POSTGRES_OPTIONS = (
    "-c lock_timeout=3000 -c statement_timeout=30000 -c idle_in_transaction_session_timeout=30000"
    # One plan of a prepared statement suits every parameter, as it reads by unique keys.
    " -c plan_cache_mode=force_generic_plan"
    # Indexes are in memory or on SSDs. Compiling a plan (JIT) takes longer than running it.
    " -c random_page_cost=1.5 -c jit=off"
)
if env.text("DATABASE_REPLICA_URL"):
    DATABASES["replica"] = env.database("DATABASE_REPLICA_URL")
    DATABASES["replica"]["TEST"] = {"MIRROR": "default"}
    DATABASE_ROUTERS = ["eventbooking_system.db.replica.ReplicaRouter"]
    _end_of_cookies = MIDDLEWARE.index(
        "eventbooking_system.server.middleware.EndOfCookieMiddleware"
    )
    MIDDLEWARE.insert(
        _end_of_cookies + 1, "eventbooking_system.db.replica.RememberWritersMiddleware"
    )
for _database in DATABASES.values():
    if _database["ENGINE"] == "django.db.backends.sqlite3":
        _database["NAME"] = str(BASE_DIR / _database["NAME"])
        # Writers queue at BEGIN. A deferred transaction that becomes a writer fails at once under load.
        _database["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
        # A file, because the threads of a test cannot share an in-memory database.
        _database.setdefault("TEST", {"NAME": _database["NAME"] + ".test"})
    else:
        _database["ENGINE"] = "eventbooking_system.db.postgres"
        _database.setdefault("DISABLE_SERVER_SIDE_CURSORS", not DATABASE_PREPARES)
        _database.setdefault("CONN_MAX_AGE", 600)
        _database["CONN_HEALTH_CHECKS"] = True
        _database["OPTIONS"] = {
            "connect_timeout": 5,
            # A host that vanishes silently is noticed within about 10 seconds.
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
            **({"options": POSTGRES_OPTIONS} if DATABASE_PREPARES else {}),
            **_database.get("OPTIONS", {}),
        }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {"default": env.cache("CACHE_URL", "locmemcache://")}

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
# Uploaded posters. Another storage takes the place of the folder.
MEDIA_ROOT = env.text("MEDIA_ROOT") or str(BASE_DIR / "media")
MEDIA_URL = env.media_url("MEDIA_URL", "/media/")
STORAGES = {
    "default": env.storage("MEDIA_STORAGE", "django.core.files.storage.FileSystemStorage"),
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
# Until collectstatic has run, as in development and in tests, files are served from the packages.
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = DEBUG or not STATIC_ROOT.is_dir()

# ---- People

AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = [
    "users.backends.GuardedModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "admin:login"
PASSWORD_RESET_TIMEOUT = 3600
# Cookies are for staff, whose logins last a working day.
SESSION_COOKIE_AGE = 12 * 3600
REQUIRE_SECOND_FACTOR = env.flag("REQUIRE_SECOND_FACTOR")
SECOND_FACTOR_GRACE = timedelta(
    days=env.integer("SECOND_FACTOR_GRACE_DAYS", 7, minimum=0, maximum=365)
)
OTP_TOTP_ISSUER = "Event Booking System"

SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=15),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=14),
    "SIGNING_KEY": SECRET_KEY,
    "UPDATE_LAST_LOGIN": False,
}

THROTTLE_BOOKING = env.rate("THROTTLE_BOOKING", "120/min")
THROTTLE_LOGIN = env.rate("THROTTLE_LOGIN", "10/min")
THROTTLE_LOGIN_ACCOUNT = env.rate("THROTTLE_LOGIN_ACCOUNT", "1000/day") if THROTTLE_LOGIN else None

# ---- API

REST_FRAMEWORK = {
    **api.REST_FRAMEWORK,
    "DEFAULT_THROTTLE_RATES": {
        "anon": env.rate("THROTTLE_ANON", "600/min"),
        "user": env.rate("THROTTLE_USER", "1200/min"),
        "booking": THROTTLE_BOOKING,
        # Developers and their tests hold from one address with many new accounts.
        "new_accounts": env.rate(
            "THROTTLE_NEW_ACCOUNTS", "off" if DEBUG or not THROTTLE_BOOKING else "400/hour"
        ),
        "exports": env.rate("THROTTLE_EXPORTS", "10/hour"),
        "passwords": env.rate("THROTTLE_PASSWORDS", "120/min" if THROTTLE_LOGIN else "off"),
        # Developers and their tests register many accounts from one address.
        "registrations": env.rate(
            "THROTTLE_REGISTRATIONS", "30/hour" if THROTTLE_LOGIN and not DEBUG else "off"
        ),
    },
}
SPECTACULAR_SETTINGS = api.SPECTACULAR_SETTINGS

# ---- Bookings

BOOKINGS_HOLD_SECONDS = env.integer("BOOKINGS_HOLD_SECONDS", 600, minimum=1, maximum=86400)
BOOKINGS_MAX_SEATS = env.integer("BOOKINGS_MAX_SEATS", 10, minimum=1, maximum=500)
BOOKINGS_MAX_PENDING = env.integer("BOOKINGS_MAX_PENDING", 20, minimum=1, maximum=10_000)
BOOKINGS_MAX_GIVEN_UP = env.integer("BOOKINGS_MAX_GIVEN_UP", 60, minimum=1, maximum=10_000)
GUEST_RETENTION_DAYS = env.integer("GUEST_RETENTION_DAYS", 180, minimum=90, maximum=36_500)
ARCHIVE_SHOWS_AFTER_DAYS = env.integer("ARCHIVE_SHOWS_AFTER_DAYS", 90, minimum=0, maximum=36_500)
# Tickets are signed with the first key. Tickets of the other keys stay valid.
TICKET_SIGNING_KEYS = signing_keys("TICKET_SIGNING_KEYS") or derived_signing_key(SECRET_KEY)
CHECK_IN_OPENS_MINUTES = env.integer("CHECK_IN_OPENS_MINUTES", 120, minimum=0, maximum=10_080)
CHECK_IN_UNDO_MINUTES = env.integer("CHECK_IN_UNDO_MINUTES", 15, minimum=1, maximum=1440)
PAYMENT_PROVIDER = env.choice(
    "PAYMENT_PROVIDER", ["sandbox", "stripe", "none"], "sandbox" if DEBUG else "none"
)
if PAYMENT_PROVIDER == "sandbox" and not (DEBUG or env.flag("ALLOW_SANDBOX_PAYMENTS")):
    raise env.refuse("PAYMENT_PROVIDER", "sandbox takes no money. Set ALLOW_SANDBOX_PAYMENTS=True.")
SANDBOX_WEBHOOK_SECRET = env.text("SANDBOX_WEBHOOK_SECRET") or (
    "development-sandbox-webhook-secret" if DEBUG else ""
)
if PAYMENT_PROVIDER == "sandbox" and len(SANDBOX_WEBHOOK_SECRET) < 16:
    raise env.refuse("SANDBOX_WEBHOOK_SECRET", "is shorter than 16 characters.")
STRIPE_SECRET_KEY = env.text("STRIPE_SECRET_KEY")
STRIPE_PUBLISHABLE_KEY = env.text("STRIPE_PUBLISHABLE_KEY")
STRIPE_WEBHOOK_SECRET = env.text("STRIPE_WEBHOOK_SECRET")
STRIPE_API_BASE = env.web_address("STRIPE_API_BASE", "https://api.stripe.com")
STRIPE_JS_BASE = env.web_address("STRIPE_JS_BASE", "https://js.stripe.com")
if PAYMENT_PROVIDER == "stripe":
    # The publishable key is public, so a secret key must not stand in its place.
    for _name, _value, _prefixes in (
        ("STRIPE_SECRET_KEY", STRIPE_SECRET_KEY, ("sk_", "rk_")),
        ("STRIPE_PUBLISHABLE_KEY", STRIPE_PUBLISHABLE_KEY, ("pk_",)),
        ("STRIPE_WEBHOOK_SECRET", STRIPE_WEBHOOK_SECRET, ("whsec_",)),
    ):
        if not _value.startswith(_prefixes) or _value in _prefixes:
            raise env.refuse(_name, f"must begin with {' or '.join(_prefixes)}.")

# ---- Shop

SHOP_NAME = env.text("SHOP_NAME", "Tickets")
SHOP_LOGO = env.image("SHOP_LOGO")
SHOP_COLOUR, SHOP_COLOUR_ON = env.colour("SHOP_COLOUR", "#0b57d0", paper="#ffffff")
SHOP_COLOUR_DARK, SHOP_COLOUR_DARK_ON = env.colour("SHOP_COLOUR_DARK", "#8ab4f8", paper="#15171a")
SHOP_CONTACT_EMAIL = env.sender("SHOP_CONTACT_EMAIL", "") if env.text("SHOP_CONTACT_EMAIL") else ""
SHOP_CONTACT_PHONE = env.text("SHOP_CONTACT_PHONE")
SHOP_LEGAL = {
    "terms": env.text_or_link("SHOP_TERMS"),
    "privacy": env.text_or_link("SHOP_PRIVACY"),
    "imprint": env.text_or_link("SHOP_IMPRINT"),
}
SHOP_EMBED_ORIGINS = env.origins("SHOP_EMBED_ORIGINS")
SHOP_IMAGE_ORIGINS = env.origins("SHOP_IMAGE_ORIGINS")
SHOP_IMAGE_ORIGINS += [
    "/".join(address.split("/")[:3])
    for address in (SHOP_LOGO, MEDIA_URL)
    if address.startswith("http")
]

# ---- Messages

vars().update(env.email("EMAIL_URL", "consolemail://"))
if env.text("EMAIL_URL", "consolemail://").startswith("consolemail"):
    EMAIL_BACKEND = "bookings.notifications.console.EmailBackend"
elif env.text("EMAIL_URL", "").startswith("smtp"):
    EMAIL_BACKEND = "bookings.notifications.smtp.EmailBackend"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.sender("DEFAULT_FROM_EMAIL", "tickets@localhost")
# The address for mails about disputes. Without it, staff find disputes only in the admin.
STAFF_EMAIL = env.mailbox("STAFF_EMAIL")
FRONTEND_URL = env.web_address("FRONTEND_URL", "http://127.0.0.1:8000")
SMS_PROVIDER = env.choice("SMS_PROVIDER", ["console", "twilio"], "console")
MAILS_A_DAY = env.integer("MAILS_A_DAY", 100, minimum=1, maximum=100_000)
TEXT_MESSAGES_A_DAY = env.integer("TEXT_MESSAGES_A_DAY", 20, minimum=1, maximum=100_000)
TWILIO_ACCOUNT_SID = env.text("TWILIO_ACCOUNT_SID")
TWILIO_AUTH_TOKEN = env.text("TWILIO_AUTH_TOKEN")
TWILIO_FROM = env.text("TWILIO_FROM")
TWILIO_API_BASE = env.web_address("TWILIO_API_BASE", "https://api.twilio.com")
if SMS_PROVIDER == "twilio":
    for _name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM"):
        if not env.text(_name):
            raise env.refuse(_name, "is needed to send text messages by Twilio.")
# Let partners' webhooks go to this machine and its network, for development only.
WEBHOOKS_MAY_GO_INSIDE = env.flag("WEBHOOKS_MAY_GO_INSIDE")
METRICS_TOKEN = env.text("METRICS_TOKEN")
if METRICS_TOKEN and len(METRICS_TOKEN) < 16:
    raise env.refuse("METRICS_TOKEN", "is shorter than 16 characters.")
# The tasks of the worker run in the worker itself, or in RQ's workers.
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
if env.choice("TASKS", ["worker", "redis"], "worker") == "redis":
    if find_spec("django_tasks_rq") is None:
        raise env.refuse("TASKS", "redis needs 'pip install django-tasks-rq'.")
    TASKS = {"default": {"BACKEND": "django_tasks_rq.RQBackend"}}
    INSTALLED_APPS += ["django_rq"]
    RQ_QUEUES = {
        "default": {"URL": env.redis_url("TASKS_REDIS_URL", "redis://127.0.0.1:6379/1")},
    }

# ---- Time, logs, transport security

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("hi", "हिन्दी"), ("es", "Español")]
TIME_ZONE = "UTC"
USE_TZ = True
# The zone of times in the admin that belong to no venue.
ADMIN_TIME_ZONE = env.time_zone("ADMIN_TIME_ZONE", "UTC")
FORMAT_MODULE_PATH = ["eventbooking_system.formats"]
LOGGING_CONFIG = None
LOG_LEVEL = env.choice("LOG_LEVEL", ["DEBUG", "INFO", "WARNING", "ERROR"], "INFO")
logging_config(level=LOG_LEVEL, as_json=not DEBUG)

X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SILENCED_SYSTEM_CHECKS = ["models.W040"]  # SQLite leaves out the other columns of covering indexes.
if not DEBUG:
    # TLS ends at the proxy. HTTPS=False is for trying production settings on your own machine.
    HTTPS = env.flag("HTTPS", True)
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
    SECURE_SSL_REDIRECT = False
    SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
    SILENCED_SYSTEM_CHECKS += ["security.W008"]  # The proxy redirects to HTTPS.
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
