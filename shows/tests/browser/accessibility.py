"""The rules of accessibility, checked by axe-core in the page itself."""

import json
from pathlib import Path

from shows.tests.browser.chromium import Page

AXE = Path(__file__).parent / "axe" / "axe.min.js"
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page) -> list[str]:
    """Return each broken rule with the elements that break it."""
    page.wait("document.readyState === 'complete'")  # Without its styles a page breaks rules.
    if not page.run("'axe' in globalThis"):
        page.run(f"{{{AXE.read_text()}}}")
    options = json.dumps({"runOnly": {"type": "tag", "values": _TAGS}})
    found = page.run(
        f"axe.run(document, {options}).then(({{violations}}) => violations.map(({{id, nodes}}) => "
        "id + ': ' + nodes.map(({target}) => target.join(' ')).join(', ')))"
    )
    return list(found)


def small_targets(page: Page, *, least: int = 44) -> list[str]:
    """Return visible buttons and fields too small for a finger. Sizes are CSS pixels."""
    found = page.run(
        "[...document.querySelectorAll('button, select, input, summary')]"
        ".filter(e => e.checkVisibility() && !e.closest('.hall'))"
        ".map(e => [e.textContent.trim() || e.name, e.getBoundingClientRect()])"
        f".filter(([, r]) => r.width < {least} || r.height < {least})"
        ".map(([text, r]) => `${text} ${r.width}×${r.height}`)"
    )
    return list(found)
