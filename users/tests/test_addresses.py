"""One spelling of each e-mail address."""

import pytest

from eventbooking_system.testing.problems import assert_problem
from users.models import User
from users.tests.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db
URL = "/api/users/register/"


def register(api, email):
    return api.post(URL, {"email": email, "password": PASSWORD})


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("asha@bücher.example", "asha@xn--bcher-kva.example"),
        ("asha@xn--bcher-kva.example", "asha@BÜCHER.example"),
        ("asha@straße.example", "asha@xn--strae-oqa.example"),
        ("asha@bücher.example", "asha@bu\u0308cher.example"),
    ],
)
def test_two_spellings_of_an_international_domain_are_one_account(api, first, second):
    assert register(api, first).status_code == 201
    refused = register(api, second)
    assert_problem(refused, 400, "invalid", "email")
    assert refused.json()["errors"][0]["code"] == "unique"
    assert User.objects.get().email.isascii()
    for email in (first, second):
        answer = api.post("/api/users/login/", {"email": email, "password": PASSWORD})
        assert answer.status_code == 200
    assert User.objects.get_by_natural_key(second) == User.objects.get()


@pytest.mark.parametrize(
    "email",
    [
        "a\u017fha@example.org",
        "as\u0131m@example.org",
        "as\u0130m@example.org",
        "as\u212aa@example.org",
        "asha@[127.0.0.1]",
        "asha@[IPv6:::1]",
        '"asha"@example.org',
        "asha@xn--a.example",
        "asha@exa\u200bmple.org",
    ],
)
def test_registration_refuses_look_alikes_and_address_literals(api, email):
    UserFactory(email="asha@example.org")
    assert_problem(register(api, email), 400, "invalid", "email")
    assert User.objects.count() == 1


def test_a_look_alike_domain_is_the_domain_that_mail_would_go_to(api):
    UserFactory(email="asha@sample.org")
    refused = register(api, "asha@\u017fample.org")
    assert refused.json()["errors"][0]["code"] == "unique"
    assert User.objects.count() == 1


def test_the_admin_stores_the_one_spelling_and_refuses_look_alikes(boss):
    body = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    answer = boss.post("/admin/users/user/add/", {**body, "email": "asha@bücher.example"})
    assert answer.status_code == 302
    assert User.objects.filter(email="asha@xn--bcher-kva.example").exists()
    answer = boss.post("/admin/users/user/add/", {**body, "email": "a\u017fha@example.org"})
    assert answer.status_code == 200
    assert User.objects.count() == 2


BAD_NAMES = [
    "Win at https://evil.example", "www.evil.example", "evil.example", "evil.example/path", "http://x",
    "evil．example", "evil。example", "ｗｗｗ.evil",
    "Asha\nBcc: x", "Asha\u2028Rao", "Asha\u0085Rao", "A\u202esha", "click evil.com now", "javascript:alert",
]  # fmt: skip
GOOD_NAMES = ["J. R. R.", "O'Neill-Smith", "आशा", "Dr. José", "van 't Hoff", "Mary Ann", "李"]


@pytest.mark.parametrize("name", BAD_NAMES)
@pytest.mark.parametrize("field", ["first_name", "last_name"])
def test_names_with_addresses_or_line_breaks_are_refused(api, login, field, name):
    body = {"email": "asha@example.org", "password": PASSWORD, field: name}
    assert_problem(api.post(URL, body), 400, "invalid", field)
    assert not User.objects.exists()
    user = UserFactory()
    before = (user.first_name, user.last_name)
    assert_problem(login(user).patch("/api/users/me/", {field: name}), 400, "invalid", field)
    user.refresh_from_db()
    assert (user.first_name, user.last_name) == before


@pytest.mark.parametrize("name", GOOD_NAMES)
def test_ordinary_names_are_accepted(login, name):
    answer = login(UserFactory()).patch("/api/users/me/", {"first_name": name, "last_name": name})
    assert answer.status_code == 200
    assert answer.json()["first_name"] == name


def test_an_older_name_with_an_address_does_not_appear_in_messages():
    assert UserFactory.build(first_name="evil.example").name_in_messages == ""
    assert UserFactory.build(first_name="Asha").name_in_messages == "Asha"
