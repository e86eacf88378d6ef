"""Checks of imports that the contracts in pyproject.toml cannot express."""

import re
from pathlib import Path

import grimp
from django.apps import apps
from django.conf import settings

BELOW_THE_EDGE = ["services", "selectors", "models", "querysets", "errors"]


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


def test_services_and_the_modules_below_them_do_not_import_django_http():
    """A contract cannot name a part of an external package."""
    root = Path(settings.BASE_DIR)
    modules = [
        path
        for name in BELOW_THE_EDGE
        for path in (*root.glob(f"*/{name}.py"), *root.glob(f"*/{name}/**/*.py"))
    ]
    assert len(modules) > 30
    found = [
        str(path.relative_to(root))
        for path in modules
        if re.search(r"^\s*(from|import) django\.http\b", path.read_text(), re.MULTILINE)
    ]
    assert found == []
