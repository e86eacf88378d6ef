"""Tests of the readers of environment variables."""

import base64
import os
import secrets
import traceback
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from eventbooking_system import environment as env
from eventbooking_system.signing_keys import derived_signing_key, signing_keys


@pytest.fixture
def setting(monkeypatch: pytest.MonkeyPatch):
    def set_variable(value: str, name: str = "X") -> None:
        monkeypatch.setenv(name, value)

    return set_variable


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that reads a file with this content. The variables go after the test."""
    monkeypatch.setattr(os, "environ", os.environ.copy())
    monkeypatch.setattr(env.Env, "ENVIRON", os.environ)

    def load(content: str | bytes) -> None:
        path = tmp_path / ".env"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        env.load_file(path)

    return load


@pytest.mark.parametrize(
    ("value", "flag"), [("True", True), ("on", True), ("0", False), ("FALSE", False), ("", True)]
)
def test_a_flag_is_read_and_an_empty_one_is_its_default(setting, value, flag):
    setting(value)
    assert env.flag("X", default=True) is flag


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda: env.flag("X"), "maybe"),
        (lambda: env.integer("X", 5, minimum=1, maximum=10), "11"),
        (lambda: env.integer("X", 5, minimum=1, maximum=10), "-1"),
        (lambda: env.integer("X", 5, minimum=1, maximum=10), "5.0"),
        (lambda: env.integer("X", 5, minimum=1, maximum=10), "٥"),
        (lambda: env.integer("X", 5, minimum=1, maximum=10), "9" * 5000),
        (lambda: env.hosts("X"), "https://tickets.example.org"),
        (lambda: env.hosts("X"), "tickets.example.org:8000"),
        (lambda: env.hosts("X"), "tickets example"),
        (lambda: env.origins("X"), "tickets.example.org"),
        (lambda: env.origins("X"), "https://tickets.example.org/"),
        (lambda: env.origins("X"), "https://a.example.org,ftp://b.example.org"),
        (lambda: env.origins("X"), "https://*.example.org"),
        (lambda: env.origins("X"), "*"),
        (lambda: env.media_url("X", "/media/"), "/media"),
        (lambda: env.media_url("X", "/media/"), "//example.org/"),
        (lambda: env.media_url("X", "/media/"), "/a b/"),
        (lambda: env.media_url("X", "/media/"), "images.example.org"),
        (lambda: env.storage("X", "a.B"), "FileSystemStorage"),
        (lambda: env.storage("X", "a.B"), "not_installed.Storage"),
        (lambda: env.storage("X", "a.B"), "django.Storage {"),
        (lambda: env.storage("X", "a.B"), "django.Storage [1]"),
        (lambda: env.web_address("X", ""), "tickets.example.org"),
        (lambda: env.web_address("X", ""), "https://tickets.example.org/?next=1"),
        (lambda: env.sender("X", ""), "Tickets"),
        (lambda: env.sender("X", ""), "tickets@"),
        (lambda: env.choice("X", ["a", "b"], "a"), "c"),
        (lambda: env.rate("X", "1/min"), "60"),
        (lambda: env.rate("X", "1/min"), "0/min"),
        (lambda: env.rate("X", "1/min"), "-1/min"),
        (lambda: env.rate("X", "1/min"), "60/fortnight"),
        (lambda: env.rate("X", "1/min"), "Off"),
        (lambda: env.database("X"), "mysql://localhost/tickets"),
        (lambda: env.database("X"), "tickets.sqlite3"),
        (lambda: env.database("X"), "sqlite://:memory:"),
        (lambda: env.database("X"), "sqlite:///"),
        (lambda: env.database("X"), "postgres://localhost"),
        (lambda: env.database("X"), "postgres://localhost:port/tickets"),
        (lambda: env.cache("X", ""), "memcache://localhost"),
        (lambda: env.cache("X", ""), "redis://"),
        (lambda: env.cache("X", ""), "redis://localhost:port/0"),
        (lambda: env.email("X", ""), "smtp.example.org"),
        (lambda: env.email("X", ""), "smtp://"),
        (lambda: env.email("X", ""), "smtp://mail.example.org:port"),
        (lambda: signing_keys("X"), "A1"),
        (lambda: signing_keys("X"), f"A1:{'A' * 42}"),
        (lambda: signing_keys("X"), f"A1:{'A' * 44}"),
        (lambda: signing_keys("X"), f"A1:{'é' * 43}"),
        (lambda: signing_keys("X"), f"a1:{'A' * 43}"),
        (lambda: signing_keys("X"), f"A234567:{'A' * 43}"),
        (lambda: signing_keys("X"), f":{'A' * 43}"),
        (lambda: signing_keys("X"), f"A1:{'A' * 43},A1:{'B' * 42}A"),
    ],
)
def test_a_wrong_value_is_refused_with_the_name_of_its_variable(setting, read, value):
    setting(value)
    with pytest.raises(ImproperlyConfigured, match=r"^X: "):
        read()


@pytest.mark.parametrize(
    ("read", "scheme"),
    [
        (env.database, "postgres"),
        (env.database, "mysql"),
        (env.cache, "redis"),
        (env.cache, "memcache"),
        (env.email, "smtp"),
        (env.email, "imap"),
    ],
)
@pytest.mark.parametrize("place", ["{}@localhost:port/x", "part/{}@localhost/x"])
def test_a_password_in_a_url_is_never_repeated(setting, read, scheme, place):
    password = secrets.token_hex()
    setting(f"{scheme}://user:{place.format(password)}")
    with pytest.raises(ImproperlyConfigured) as refusal:
        read("X", "")
    # As at the start of a process, whose traceback also prints the causes.
    assert password not in "".join(traceback.format_exception(refusal.value))


def test_urls_are_read(setting):
    setting("postgres://asha:p%40ss%2Fword@db.example.org:6432/tickets?sslmode=require")
    database = env.database("X")
    assert database["PASSWORD"] == "p@ss/word"
    assert (database["HOST"], database["PORT"]) == ("db.example.org", 6432)
    assert (database["NAME"], database["OPTIONS"]) == ("tickets", {"sslmode": "require"})

    setting("redis://:secret@cache.example.org:6380/2")
    cache = env.cache("X", "")
    assert cache["BACKEND"] == "eventbooking_system.cache.backends.RedisCache"
    assert cache["LOCATION"] == "redis://:secret@cache.example.org:6380/2"

    setting("smtp+tls://asha%40example.org:p%40ss@mail.example.org:587")
    email = env.email("X", "")
    assert (email["EMAIL_HOST_USER"], email["EMAIL_HOST_PASSWORD"]) == ("asha@example.org", "p@ss")
    assert email["EMAIL_USE_TLS"] is True


def test_good_values_of_every_kind_are_accepted(setting):
    setting("*.example.org, [::1]")
    with pytest.raises(ImproperlyConfigured):
        env.hosts("X")
    setting(".example.org, [::1], 10.0.0.1, *")
    assert env.hosts("X") == [".example.org", "[::1]", "10.0.0.1", "*"]
    setting("https://a.example.org:8443,http://[::1]:3000")
    assert env.origins("X") == ["https://a.example.org:8443", "http://[::1]:3000"]
    setting("https://*.example.org")
    assert env.origins("X", wildcards=True) == ["https://*.example.org"]
    setting("https://tickets.example.org/shop/")
    assert env.web_address("X", "") == "https://tickets.example.org/shop"
    setting("Regal <tickets@example.org>")
    assert env.sender("X", "") == "Regal <tickets@example.org>"
    setting("5/s")
    assert env.rate("X", "1/min") == "5/s"
    setting("off")
    assert env.rate("X", "1/min") is None


def test_a_value_that_begins_with_a_dollar_is_itself(setting):
    setting("$NOT_ANOTHER_VARIABLE")
    assert env.text("X") == "$NOT_ANOTHER_VARIABLE"


def test_the_environment_wins_over_the_file(setting, env_file):
    os.environ["FROM_BOTH"] = "environment"
    env_file('FROM_BOTH=file\nexport FROM_FILE="file # not a comment"\n\n# a comment\n')
    assert env.text("FROM_BOTH") == "environment"
    assert env.text("FROM_FILE") == "file # not a comment"


def test_a_file_from_windows_is_read(env_file):
    env_file(b"\xef\xbb\xbfFROM_FILE=yes\r\n  # indented\r\n")
    assert env.text("FROM_FILE") == "yes"


def test_a_missing_env_file_is_ignored(tmp_path):
    env.load_file(tmp_path / ".env")


def test_a_malformed_file_is_refused_by_its_line_without_repeating_it(env_file):
    with pytest.raises(ImproperlyConfigured, match="line 2 is not NAME=value") as refusal:
        env_file("DEBUG=True\nSECRET_KEY: hunter2\n")
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"A=\xe9", b"A=\x00"])
def test_a_file_that_is_not_text_is_refused(env_file, content):
    with pytest.raises(ImproperlyConfigured, match=r"\.env: "):
        env_file(content)


def test_an_unreadable_file_is_refused(tmp_path):
    (tmp_path / ".env").mkdir()
    with pytest.raises(ImproperlyConfigured, match=r"\.env: cannot be read"):
        env.load_file(tmp_path / ".env")


def test_signing_keys_are_read_in_their_order_and_never_shown(setting):
    old, new = secrets.token_bytes(32), secrets.token_bytes(32)
    written = [base64.urlsafe_b64encode(seed).decode() for seed in (old, new)]
    setting(f"B2:{written[1].rstrip('=')}, A1:{written[0]}")
    assert list(signing_keys("X").items()) == [("B2", new), ("A1", old)]
    setting(f"A1:{written[0]}x")
    with pytest.raises(ImproperlyConfigured) as refusal:
        signing_keys("X")
    assert written[0][:20] not in str(refusal.value)
    setting("")
    assert signing_keys("X") == {}


def test_a_derived_key_goes_with_its_secret():
    assert derived_signing_key("one") == derived_signing_key("one")
    one, other = derived_signing_key("one"), derived_signing_key("other")
    assert one.keys() != other.keys()
    assert set(one.values()) != set(other.values())
    assert [len(seed) for seed in one.values()] == [32]


def test_a_storage_is_a_class_with_options(setting):
    setting('django.core.files.storage.InMemoryStorage {"base_url": "/a/"}')
    assert env.storage("X", "a.B") == {
        "BACKEND": "django.core.files.storage.InMemoryStorage",
        "OPTIONS": {"base_url": "/a/"},
    }
    setting("")
    assert env.storage("X", "django.core.Storage")["OPTIONS"] == {}


def test_uploads_have_a_path_or_a_server_of_their_own(setting):
    for value in ("/media/", "/a/b/", "https://images.example.org/"):
        setting(value)
        assert env.media_url("X", "/media/") == value
    setting("https://images.example.org")
    assert env.media_url("X", "/media/") == "https://images.example.org/"


@pytest.mark.parametrize(
    ("value", "ink"), [("#0b57d0", "#ffffff"), ("#7A0019", "#ffffff"), ("", "#ffffff")]
)
def test_a_colour_comes_with_the_ink_to_write_on_it(setting, value: str, ink: str) -> None:
    setting(value)
    assert env.colour("X", "#0b57d0", paper="#ffffff") == ((value or "#0b57d0").lower(), ink)


@pytest.mark.parametrize("value", ["red", "#12345", "#0b57d0;}", "#ffff00", "#8ab4f8"])
def test_a_colour_that_cannot_be_read_on_the_page_is_refused(setting, value: str) -> None:
    setting(value)
    with pytest.raises(ImproperlyConfigured, match=r"^X:"):
        env.colour("X", "#0b57d0", paper="#ffffff")


def test_a_legal_text_is_an_address_or_a_file(setting, tmp_path: Path) -> None:
    (tmp_path / "terms.txt").write_text("# Terms", "utf-8")
    for value, text in [
        (str(tmp_path / "terms.txt"), "# Terms"),
        ("https://regal.example/terms", "https://regal.example/terms"),
        ("", ""),
    ]:
        setting(value)
        assert env.text_or_link("X") == text
    for value in (str(tmp_path / "none.txt"), str(tmp_path), "https://a b"):
        setting(value)
        with pytest.raises(ImproperlyConfigured, match=r"^X:"):
            env.text_or_link("X")
