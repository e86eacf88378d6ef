"""The settings of the API and of its documentation."""

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        # First, so that a request without a login is answered 401 and not 403.
        "users.authentication.SessionTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "eventbooking_system.api.json.Negotiation",
    "DEFAULT_PARSER_CLASSES": ["eventbooking_system.api.json.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": [
        "eventbooking_system.api.json.JSONRenderer",
        "rest_framework.renderers.BrowsableAPIRenderer",
    ],
    "DEFAULT_PAGINATION_CLASS": "eventbooking_system.api.pagination.Pagination",
    "DEFAULT_FILTER_BACKENDS": ["eventbooking_system.api.filters.StrictFilterBackend"],
    "DEFAULT_THROTTLE_CLASSES": [
        "eventbooking_system.api.throttles.AnonRateThrottle",
        "eventbooking_system.api.throttles.UserRateThrottle",
    ],
    "EXCEPTION_HANDLER": "eventbooking_system.api.exceptions.exception_handler",
    "DEFAULT_SCHEMA_CLASS": "eventbooking_system.api.schema.ProblemAutoSchema",
    # `format` is a filter of shows: 2D, 3D, IMAX.
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Event Booking System",
    "DESCRIPTION": "Sell the seats of cinemas, theatres and stadiums: pick real seats of a real "
    "hall, hold them, pay, walk in.\n\nEvery error is RFC 9457 `application/problem+json` with a "
    "stable `code`; `/api/problems/` explains each.",
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.0",
    "DEFAULT_GENERATOR_CLASS": "eventbooking_system.api.schema.SchemaGenerator",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # Without it, Swagger UI sends the document to its makers' server for validation.
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "EventKindEnum": "events.models.Event.Kind",
        "ShowStatusEnum": "shows.models.Show.Status",
        "SeatStatusEnum": "shows.models.ShowSeat.Status",
        "BookingStatusEnum": "bookings.models.Booking.Status",
        "PaymentStatusEnum": "bookings.models.Payment.Status",
        "RefundStatusEnum": "bookings.models.Refund.Status",
        "UserLanguageEnum": "users.models.User.Language",
        "ProblemCodeEnum": "eventbooking_system.api.schema.problem_codes",
        "CashMovementKindEnum": "box_office.models.CashMovement.Kind",
        "UseOfDifferenceEnum": "venues.models.Downgrade",
    },
    "TAGS": [
        {"name": "config", "description": "Facts that a front end needs before it starts."},
        {"name": "users", "description": "Accounts, tokens and personal data."},
        {"name": "events", "description": "The catalogue: films, concerts, plays, matches."},
        {"name": "venues", "description": "Venues, their screens, and the seats of a screen."},
        {"name": "shows", "description": "Shows, their times and prices, and their free seats."},
        {"name": "bookings", "description": "Hold seats, pay for them, cancel them."},
        {"name": "check-in", "description": "At the door: let people in, online and offline."},
        {"name": "box office", "description": "At the counter: sell, refund, and count the cash."},
        {
            "name": "reports",
            "description": "The figures of a house: takings, admissions, occupancy, tax.",
        },
    ],
}
