"""A check of the imports between test modules."""

import grimp
from django.apps import apps
from django.conf import settings


def test_no_test_module_is_imported_by_another_module():
    """Shared helpers are in `eventbooking_system/testing/` or in a plain module of `tests/`."""
    ours = [
        config.name
        for config in apps.get_app_configs()
        if config.path.startswith(str(settings.BASE_DIR)) and ".venv" not in config.path
    ]
    graph = grimp.build_graph("eventbooking_system", "benchmarks", *ours, cache_dir=None)
    imports = [
        f"{importer} imports {module}"
        for module in graph.modules
        if module.rsplit(".", 1)[-1].startswith("test_")
        for importer in graph.find_modules_that_directly_import(module)
    ]
    assert imports == []
