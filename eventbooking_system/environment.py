"""
Typed reading of environment variables.

Every reader refuses a wrong value with ImproperlyConfigured, which names the variable. An empty
variable counts as not set. A message never repeats a value that may hold a password.
"""

import io
import json
import os
import re
import zoneinfo
from collections.abc import Callable, Sequence
from email.utils import parseaddr
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from environ import Env

_TRUE = {"true", "1", "yes", "on"}
_FALSE = {"false", "0", "no", "off"}
_RATE = re.compile(r"[1-9][0-9]{0,8}/(s|sec|second|m|min|minute|h|hour|d|day)")
_HOST = r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]"
_ALLOWED_HOST = re.compile(rf"\*|\.?({_HOST})")
_ORIGIN = re.compile(rf"https?://(\*\.)?({_HOST})(:[0-9]{{1,5}})?")
_LINE = re.compile(r"(#.*)?|(export )?[A-Za-z_][A-Za-z0-9_]*=[^\0]*")


def refuse(name: str, reason: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name}: {reason}")


def load_file(path: Path) -> None:
    """Read a .env file, if there is one. Variables that are already set win."""
    try:
        lines = [line.strip() for line in path.read_text("utf-8-sig").splitlines()]
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise refuse(str(path), f"cannot be read: {type(error).__name__}.") from None
    for number, line in enumerate(lines, 1):
        if not _LINE.fullmatch(line):
            raise refuse(str(path), f"line {number} is not NAME=value.")
    Env.read_env(io.StringIO("\n".join(lines)))


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    value = text(name, str(default)).lower()
    if value not in _TRUE | _FALSE:
        raise refuse(name, f"{value!r} is neither true nor false.")
    return value in _TRUE


def integer(name: str, default: int, *, minimum: int, maximum: int) -> int:
    value = text(name, str(default))
    if not re.fullmatch(r"-?[0-9]{1,18}", value) or not minimum <= int(value) <= maximum:
        raise refuse(name, f"{value!r} is not a whole number from {minimum} to {maximum}.")
    return int(value)


def names(name: str, default: Sequence[str] = ()) -> list[str]:
    """Read a comma-separated list."""
    return [part.strip() for part in text(name, ",".join(default)).split(",") if part.strip()]


def hosts(name: str, default: Sequence[str] = ()) -> list[str]:
    values = names(name, default)
    for value in values:
        if not _ALLOWED_HOST.fullmatch(value):
            raise refuse(name, f"{value!r} is not a host name such as tickets.example.org.")
    return values


def origins(name: str, *, wildcards: bool = False) -> list[str]:
    values = names(name)
    for value in values:
        if not _ORIGIN.fullmatch(value) or ("*" in value and not wildcards):
            raise refuse(name, f"{value!r} is not an origin such as https://tickets.example.org.")
    return values


def web_address(name: str, default: str) -> str:
    """Read an http(s) URL, without its last slash."""
    value = text(name, default).rstrip("/")
    if not re.fullmatch(rf"https?://({_HOST})(:[0-9]{{1,5}})?(/[^\s?#]*)?", value):
        raise refuse(name, f"{value!r} is not an address such as https://tickets.example.org.")
    return value


def media_url(name: str, default: str) -> str:
    """Read a path of this server, or an http(s) URL. Either ends in a slash."""
    value = text(name, default)
    if value.startswith("/"):
        if not re.fullmatch(r"/([A-Za-z0-9._-]+/)+", value):
            raise refuse(name, f"{value!r} is not a path such as /media/.")
        return value
    return f"{web_address(name, default)}/"


def storage(name: str, default: str) -> dict[str, Any]:
    """
    Read a storage of files: its class, then options.

    The options are a JSON object, after a space.
    """
    backend, _, options = text(name, default).partition(" ")
    if not re.fullmatch(r"\w+(\.\w+)+", backend) or not find_spec(backend.partition(".")[0]):
        raise refuse(name, f"{backend!r} is not a class that is installed.") from None
    try:
        values = json.loads(options or "{}")
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise refuse(name, "has options that are not a JSON object.")
    return {"BACKEND": backend, "OPTIONS": values}


def colour(name: str, default: str, *, paper: str) -> tuple[str, str]:
    """
    Read a colour, and the ink to write on it.

    A colour such as #0b57d0 is for links and buttons on `paper`. The contrast to the paper must be
    that of WCAG 2.2 AA.
    """
    value = text(name, default).lower()
    if not re.fullmatch(r"#[0-9a-f]{6}", value):
        raise refuse(name, f"{value!r} is not a colour such as #0b57d0.")
    if _contrast(value, paper) < 4.5:
        raise refuse(name, f"{value!r} cannot be read on {paper}: the contrast is under 4.5.")
    return value, max("#ffffff", "#10131a", key=lambda ink: _contrast(ink, value))


def _contrast(one: str, other: str) -> float:
    """Return the contrast of two colours by https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""

    def luminance(colour: str) -> float:
        parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    darker, lighter = sorted([luminance(one), luminance(other)])
    return (lighter + 0.05) / (darker + 0.05)


def image(name: str) -> str:
    """Read an image's address: a path here, or an http(s) URL."""
    value = text(name)
    if value and not value.startswith("/"):
        return web_address(name, "")
    return value


def text_or_link(name: str) -> str:
    """Read an http(s) URL, or the text of a file. The file is UTF-8."""
    value = text(name)
    if not value or value.startswith(("http://", "https://")):
        return web_address(name, "") if value else ""
    try:
        return Path(value).read_text("utf-8")
    except (OSError, ValueError) as error:
        raise refuse(name, f"{value!r} cannot be read: {type(error).__name__}.") from None


def sender(name: str, default: str) -> str:
    """Read an e-mail address with an optional name: Regal <tickets@example.org>."""
    value = text(name, default)
    address = parseaddr(value)[1]
    try:
        if not address.endswith("@localhost"):
            validate_email(address)
    except ValidationError:
        raise refuse(name, f"{value!r} is not an e-mail address.") from None
    return value


def mailbox(name: str) -> str:
    """Read an e-mail address, which may be left empty."""
    return sender(name, "") if text(name) else ""


def choice(name: str, choices: Sequence[str], default: str) -> str:
    value = text(name, default)
    if value not in choices:
        raise refuse(name, f"{value!r} is not one of {', '.join(choices)}.")
    return value


def time_zone(name: str, default: str) -> str:
    """Read the IANA name of a time zone, such as Asia/Kolkata."""
    value = text(name, default)
    if value not in zoneinfo.available_timezones():
        raise refuse(name, f"{value!r} is not an IANA time zone, such as Asia/Kolkata.")
    return value


def rate(name: str, default: str) -> str | None:
    """Read a throttle rate such as 60/min. Return None for `off`."""
    value = text(name, default)
    if value == "off":
        return None
    if not _RATE.fullmatch(value):
        raise refuse(name, f"{value!r} is neither a rate such as 60/min nor off.")
    return value


def database(name: str, default: str = "") -> dict[str, Any]:
    """Read Django's settings of a database from a sqlite:/// or postgres:// URL."""
    schemes = ("sqlite:///", "postgres://", "postgresql://")
    database = _parsed(name, default, Env.db_url_config, schemes)
    if database["NAME"] in {"", ":memory:"}:
        raise refuse(name, "names no database.")
    return database


def cache(name: str, default: str) -> dict[str, Any]:
    schemes = ("locmemcache://", "redis://", "rediss://")
    cache = _parsed(name, default, Env.cache_url_config, schemes)
    if text(name, default).startswith("redis"):
        location = cache["LOCATION"]
        servers = [location] if isinstance(location, str) else location
        if not all(_names_host(server) for server in servers):
            raise refuse(name, "names no host that can be read.")
        cache["BACKEND"] = "eventbooking_system.cache.backends.RedisCache"
    else:
        cache["BACKEND"] = "eventbooking_system.cache.backends.LocalCache"
    return cache


def redis_url(name: str, default: str) -> str:
    value = text(name, default)
    if not value.startswith(("redis://", "rediss://")) or not _names_host(value):
        raise refuse(name, "is not a URL such as redis://host:6379/1.")
    return value


def email(name: str, default: str) -> dict[str, Any]:
    schemes = (
        "consolemail://",
        "memorymail://",
        "smtp://",
        "smtp+tls://",
        "smtps://",
        "smtp+ssl://",
    )
    email = _parsed(name, default, Env.email_url_config, schemes)
    if text(name, default).startswith("smtp") and not email["EMAIL_HOST"]:
        raise refuse(name, "names no host.")
    return email


def _parsed(
    name: str, default: str, parse: Callable[[str], dict[str, Any]], schemes: tuple[str, ...]
) -> dict[str, Any]:
    value = text(name, default)
    if not value.startswith(schemes):
        raise refuse(name, f"is not a URL that begins with one of {', '.join(schemes)}.")
    try:
        return parse(value)
    except Exception:
        # The cause is left out, because its message may contain a part of the password.
        raise refuse(name, "is not a URL that can be read.") from None


def _names_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
