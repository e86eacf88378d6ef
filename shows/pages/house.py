"""The house's name, colours, logo, contact and legal texts, from settings."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy

LEGAL_TITLES = {
    "terms": gettext_lazy("Terms of sale"),
    "privacy": gettext_lazy("Privacy"),
    "imprint": gettext_lazy("Legal notice"),
}


def house() -> dict[str, Any]:
    """Return what every page says of the house."""
    return {
        "house": {
            "name": settings.SHOP_NAME,
            "logo": settings.SHOP_LOGO,
            "email": settings.SHOP_CONTACT_EMAIL,
            "phone": settings.SHOP_CONTACT_PHONE,
            "image_origins": settings.SHOP_IMAGE_ORIGINS,
            "legal": [
                (title, text if _is_address(text) else f"/legal/{name}/")
                for name, title in LEGAL_TITLES.items()
                if (text := settings.SHOP_LEGAL[name])
            ],
        }
    }


def legal_text(name: str) -> list[tuple[str, str]] | None:
    """
    Return a legal text's headings and paragraphs.

    Return None if the house has no such text, or has it at another address.
    """
    text = settings.SHOP_LEGAL.get(name, "")
    if not text or _is_address(text):
        return None
    blocks = [" ".join(block.split()) for block in text.split("\n\n") if block.strip()]
    return [
        ("heading", block.lstrip("# ")) if block.startswith("#") else ("paragraph", block)
        for block in blocks
    ]


def _is_address(text: str) -> bool:
    return text.startswith(("http://", "https://"))


def theme() -> str:
    """Return the style sheet with the colours of the house."""
    colours = {
        "light": (settings.SHOP_COLOUR, settings.SHOP_COLOUR_ON),
        "dark": (settings.SHOP_COLOUR_DARK, settings.SHOP_COLOUR_DARK_ON),
    }
    rules = {
        scheme: f":root {{ --accent: {colour}; --on-accent: {on}; }}"
        for scheme, (colour, on) in colours.items()
    }
    return f"{rules['light']}\n@media (prefers-color-scheme: dark) {{ {rules['dark']} }}\n"
