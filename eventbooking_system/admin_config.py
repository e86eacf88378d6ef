"""The app of the admin site, with the site of the house."""

from django.contrib.admin.apps import AdminConfig


class HouseAdminConfig(AdminConfig):
    default_site = "eventbooking_system.admin.site.HouseAdminSite"
