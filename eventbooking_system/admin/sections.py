"""The sections of the admin site, each for one kind of work."""

# The lists of each section, in order, with their names in the words of a box office.
SECTIONS: dict[str, dict[str, str]] = {
    "Today": {},
    "Programme": {
        "shows.show": "Shows",
        "shows.tickettype": "Ticket types",
        "shows.pricelist": "Price lists",
        "shows.pricewindow": "Price windows",
        "events.event": "Events",
        "events.genre": "Genres",
        "venues.venue": "Venues",
        "venues.screen": "Screens",
        "venues.seat": "Seats of screens",
        "shows.showseat": "Seats of shows",
    },
    "Bookings": {
        "bookings.booking": "Bookings",
        "bookings.ticket": "Tickets",
        "bookings.tickettransfer": "Transfers",
        "bookings.message": "Messages",
        "bookings.promocode": "Promo codes",
    },
    "Money": {
        "reports.dayclosing": "Day closings",
        "box_office.cashsession": "Cash sessions",
        "bookings.payment": "Payments",
        "bookings.refund": "Refunds",
        "bookings.dispute": "Disputes",
        "bookings.straypayment": "Stray payments",
        "bookings.ledgerentry": "Ledger",
        "reports.reportrun": "Reports as files",
        "reports.scheduledreport": "Reports by mail",
    },
    "People": {
        "users.user": "Customers and staff",
        "auth.group": "Groups of staff",
        "audit.entry": "Audit",
    },
    "System": {
        "bookings.periodicjob": "Periodic jobs",
        "bookings.accountmail": "Mails of accounts",
        "bookings.webhooksubscription": "Webhook subscriptions",
        "bookings.webhookdelivery": "Webhook deliveries",
        "bookings.providerevent": "Provider events",
        "token_blacklist.outstandingtoken": "Outstanding tokens",
        "token_blacklist.blacklistedtoken": "Blacklisted tokens",
    },
}


def section_of(label: str) -> str:
    """Return the section of a model, by its lower-case label. System is for models that no section lists."""
    return next((name for name, lists in SECTIONS.items() if label in lists), "System")


def name_of(label: str) -> str | None:
    """Return the name of a model's list, or None without a section."""
    return SECTIONS[section_of(label)].get(label)
