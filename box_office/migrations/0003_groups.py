"""A group for each kind of work. It has exactly the permissions of that work."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

APPS = ["audit", "users", "venues", "events", "shows", "bookings", "box_office"]

LOOK_UP_SHOWS = [
    "events.view_event", "events.view_genre", "venues.view_venue", "venues.view_screen",
    "shows.view_show", "shows.view_showseat",
]
PROGRAMMER = [
    *LOOK_UP_SHOWS,
    "events.add_event", "events.change_event", "events.delete_event",
    "events.add_genre", "events.change_genre", "events.delete_genre",
    "venues.add_venue", "venues.change_venue", "venues.delete_venue",
    "venues.add_screen", "venues.change_screen", "venues.delete_screen",
    "venues.view_seat", "venues.view_seatcategory", "venues.view_layout",
    "shows.add_show", "shows.change_show", "shows.delete_show", "shows.change_showseat",
]
BOX_OFFICE = [
    *LOOK_UP_SHOWS,
    "box_office.sell", "box_office.refund", "box_office.view_cashsession",
    "bookings.view_booking", "bookings.change_booking",
    "bookings.view_payment", "bookings.view_refund",
    "bookings.view_ticket", "bookings.change_ticket",
    "bookings.view_message", "bookings.change_message",
]
FRONT_OF_HOUSE = ["shows.view_show", "bookings.check_in_ticket", "bookings.undo_check_in"]
FINANCE = [
    *LOOK_UP_SHOWS,
    "bookings.view_booking", "bookings.view_payment", "bookings.view_refund",
    "bookings.change_refund", "bookings.view_ledgerentry", "bookings.view_providerevent",
    "bookings.view_straypayment", "bookings.change_straypayment", "bookings.view_promocode",
    "box_office.view_cashsession",
]
MANAGER = [
    *PROGRAMMER, *BOX_OFFICE, *FRONT_OF_HOUSE, *FINANCE,
    "box_office.give_complimentary",
    "bookings.add_promocode", "bookings.change_promocode",
    "bookings.view_periodicjob", "bookings.view_webhookdelivery", "bookings.change_webhookdelivery",
    "bookings.view_webhooksubscription",
    "users.view_user", "users.change_user",
    "audit.view_entry",
]
GROUPS = {
    "manager": MANAGER,
    "programmer": PROGRAMMER,
    "box office": BOX_OFFICE,
    "front of house": FRONT_OF_HOUSE,
    "finance": FINANCE,
}


def add(apps, schema_editor):
    """Add the groups that are missing. A group that exists keeps its permissions."""
    # On a new database, Django adds permissions only after the last migration.
    for label in APPS:
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, verbosity=0, apps=apps)
        config.models_module = None
    Group = apps.get_model("auth", "Group")
    for name, permissions in GROUPS.items():
        if not Group.objects.filter(name__iexact=name).exists():
            group = Group.objects.create(name=name)
            group.permissions.set(found(apps, permissions))


def found(apps, names):
    Permission = apps.get_model("auth", "Permission")
    permissions = Permission.objects.select_related("content_type")
    by_name = {f"{each.content_type.app_label}.{each.codename}": each for each in permissions}
    return [by_name[name] for name in dict.fromkeys(names)]


def let_the_door_go_on(apps, schema_editor):
    """Give the new permission to all who could check in before."""
    [old, new] = found(apps, ["bookings.change_ticket", "bookings.check_in_ticket"])
    for group in apps.get_model("auth", "Group").objects.filter(permissions=old):
        if group.name not in GROUPS:
            group.permissions.add(new)
    for user in apps.get_model("users", "User").objects.filter(user_permissions=old):
        user.user_permissions.add(new)


class Migration(migrations.Migration):
    dependencies = [
        ("box_office", "0002_append_only"),
        ("audit", "0002_append_only"),
        ("bookings", "0014_check_in_permission"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [
        migrations.RunPython(add, migrations.RunPython.noop),
        migrations.RunPython(let_the_door_go_on, migrations.RunPython.noop),
    ]
