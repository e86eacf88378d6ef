"""The translations of the scripts' texts, from the catalogues `djangojs.po`."""

import json
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation.trans_real import DjangoTranslation
from django.views.i18n import JSONCatalog

_LOCALE = Path(__file__).parents[1] / "locale"


@cache
def texts_of(language: str) -> SafeString:
    """Return a language's texts as JSON for scripts. English has none."""
    if language == settings.LANGUAGE_CODE:
        return SafeString()
    catalogue = JSONCatalog()
    catalogue.translation = DjangoTranslation(
        language, domain="djangojs", localedirs=[str(_LOCALE)]
    )
    return script_json(catalogue.get_catalog())


def script_json(data: object) -> SafeString:
    """Write JSON for a script element. No text in it can end the element."""
    text = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    return mark_safe(text)
