"""The settings that a front end reads before it starts."""

URL = "/api/config/"


def test_config_says_what_the_contract_names(api):
    response = api.get(URL)
    assert response.status_code == 200
    config = response.json()
    assert list(config) == [
        "payment_provider", "hold_seconds", "max_seats", "languages", "currencies",
    ]  # fmt: skip
    assert (config["payment_provider"], config["hold_seconds"], config["max_seats"]) == (
        "sandbox", 600, 10,
    )  # fmt: skip
    assert config["languages"] == ["en", "hi", "es"]
    digits = config["currencies"]
    assert (digits["INR"], digits["JPY"], digits["KWD"]) == (2, 0, 3)
    assert response["Cache-Control"] == "public, max-age=60"
    again = api.get(URL, headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304


def test_config_gives_the_publishable_key_of_stripe_and_no_other(api, settings):
    settings.PAYMENT_PROVIDER = "stripe"
    settings.STRIPE_PUBLISHABLE_KEY, settings.STRIPE_SECRET_KEY = "pk_test_1", "sk_test_1"
    response = api.get(URL)
    assert response.json()["stripe_publishable_key"] == "pk_test_1"
    assert "sk_test_1" not in response.content.decode()


def test_config_needs_no_login_and_minds_no_old_token(api):
    assert api.get(URL, headers={"Authorization": "Bearer old"}).status_code == 200
