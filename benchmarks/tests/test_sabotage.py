"""The sabotaged builds, apart from the product, and their verdicts."""

from django.conf import settings

from benchmarks import history
from benchmarks.sabotage import patches


def test_each_sabotage_has_a_kind_of_fault_that_finds_it():
    assert list(history.SABOTAGES) == list(patches.SABOTAGES)


def test_no_module_of_the_product_knows_of_a_sabotage():
    apps = [app for app in settings.INSTALLED_APPS if (settings.BASE_DIR / app).is_dir()]
    assert "bookings" in apps
    modules = [
        path
        for app in (*apps, "eventbooking_system")
        for path in (settings.BASE_DIR / app).rglob("*.py")
        if "tests" not in path.relative_to(settings.BASE_DIR).parts
    ]
    assert not [path for path in modules if "sabotage" in path.read_text().lower()]
