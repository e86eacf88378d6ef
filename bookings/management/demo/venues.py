"""The demo's venues, which exist, with invented seats, prices and programmes."""

from collections.abc import Mapping
from datetime import time
from decimal import Decimal
from typing import Any

from bookings.management.demo.kinds import DemoScreen, DemoVenue
from bookings.management.demo.stadium import stadium_layout


def rows(
    labels: str,
    seats: int,
    category: str,
    *aisle_after: int,
    wheelchairs: Mapping[str, tuple[int, ...]] | None = None,
) -> list[dict[str, Any]]:
    """Return equal rows. A wheelchair place has a companion's seat to its right."""
    places = wheelchairs or {}
    return [
        {
            "row": label,
            "seats": seats,
            "category": category,
            "aisle_after": list(aisle_after),
            "accessible": list(places.get(label, ())),
            "companion": [number + 1 for number in places.get(label, ())],
        }
        for label in labels
    ]


def adult_child(adult: str, child: str) -> dict[str, str]:
    return {"Adult": adult, "Child": child}


VENUES = (
    DemoVenue(
        "Regal Cinema", "Shahid Bhagat Singh Road, Colaba, Mumbai 400005", "Mumbai", "IN",
        "Asia/Kolkata", 18.9249, 72.8324, "INR",
        (
            DemoScreen(
                "Main hall",
                rows("ABCDE", 20, "Stalls", 10, wheelchairs={"E": (1, 19)})
                + rows("FGHJKL", 24, "Dress circle", 6, 18)
                + rows("MNPQ", 24, "Balcony", 6, 18)
                + rows("R", 12, "Box", 4, 8),
                {
                    "Stalls": adult_child("180.00", "120.00"),
                    "Dress circle": adult_child("250.00", "180.00"),
                    "Balcony": adult_child("320.00", "240.00"),
                    "Box": {"Adult": "600.00"},
                },
                ("3 Idiots", "RRR", "Dangal", "Lagaan: Once Upon a Time in India", "The Lunchbox"),
                per_day=4,
            ),
        ),
        {"fee_per_ticket": Decimal("20.00"), "tax_rate": Decimal(18)},
    ),
    DemoVenue(
        "Prithvi Theatre", "20 Janki Kutir, Juhu Church Road, Juhu, Mumbai 400049", "Mumbai", "IN",
        "Asia/Kolkata", 19.1063, 72.8257, "INR",
        (
            DemoScreen(
                "Stage",
                rows("ABCD", 18, "Front", 6, 12) + rows("EFGHJK", 20, "Rear", 6, 14),
                {"Front": "500.00", "Rear": "350.00"},
                ("Tughlaq", "The Goldberg Variations"),
                format="",
                opens=time(17, 0),
                per_day=2,
            ),
        ),
        {"fee_per_booking": Decimal("15.00"), "refund_cutoff_hours": 24, "cleaning_minutes": 30},
    ),
    DemoVenue(
        "DY Patil Stadium", "Sector 7, Nerul, Navi Mumbai 400706", "Navi Mumbai", "IN",
        "Asia/Kolkata", 19.0419, 73.0267, "INR",
        (
            DemoScreen(
                "Arena",
                [],
                {
                    "Lower tier": "2500.00",
                    "Upper tier": "1200.00",
                    "Standing": {"Early bird": "900.00", "Regular": "1100.00"},
                },
                ("Stadium Night: A. R. Rahman",),
                format="",
                opens=time(19, 0),
                per_day=1,
                weekday=5,
                document=stadium_layout(),
            ),
        ),
        {"fee_per_ticket": Decimal("60.00"), "tax_rate": Decimal(18), "cleaning_minutes": 60},
    ),
    DemoVenue(
        "Prince Charles Cinema", "7 Leicester Place, London WC2H 7BY", "London", "GB",
        "Europe/London", 51.5116, -0.1302, "GBP",
        (
            DemoScreen(
                "Downstairs",
                rows("ABCDEFGH", 18, "Standard", 4, 14, wheelchairs={"H": (1, 17)}) + rows("JKLMNP", 22, "Premium", 4, 18),
                {
                    "Standard": adult_child("11.50", "8.50"),
                    "Premium": adult_child("14.00", "10.50"),
                },
                ("The Godfather", "Casablanca", "Blade Runner", "Singin' in the Rain", "Paddington 2",
                 "The Grand Budapest Hotel"),
                format="35mm",
            ),
            DemoScreen(
                "Upstairs",
                rows("ABCDEF", 12, "Standard", 6) + rows("GH", 14, "Sofa", 7),
                {"Standard": adult_child("10.00", "7.50"), "Sofa": adult_child("13.50", "10.00")},
                ("Amélie", "Seven Samurai", "Pan's Labyrinth", "The Lives of Others"),
            ),
        ),
        {"fee_per_booking": Decimal("1.50"), "tax_rate": Decimal(20)},
    ),
    DemoVenue(
        "Film Forum", "209 West Houston Street, New York, NY 10014", "New York", "US",
        "America/New_York", 40.7283, -74.0043, "USD",
        (
            DemoScreen(
                "Screen 1",
                rows("ABCDEFGH", 14, "Orchestra", 7) + rows("J", 10, "Rear", 5),
                {"Orchestra": adult_child("17.00", "11.00"), "Rear": adult_child("15.00", "9.00")},
                ("In the Mood for Love", "Parasite", "Seven Samurai", "Everything Everywhere All at Once"),
            ),
            DemoScreen(
                "Screen 2",
                rows("ABCDEF", 12, "Orchestra", 6) + rows("GH", 8, "Rear", 4),
                {"Orchestra": adult_child("17.00", "11.00"), "Rear": adult_child("15.00", "9.00")},
                ("Casablanca", "The Lives of Others", "Amélie", "Singin' in the Rain"),
            ),
        ),
        {
            "fee_per_ticket": Decimal("1.25"),
            "tax_rate": Decimal("8.875"),
            "tax_inclusive": False,
            "refund_percent": Decimal(80),
        },
    ),
    DemoVenue(
        "Palace Nova Eastend", "250 Rundle Street, Adelaide SA 5000", "Adelaide", "AU",
        "Australia/Adelaide", -34.9229, 138.6120, "AUD",
        (
            DemoScreen(
                "Cinema 1",
                rows("ABC", 16, "Front", 4, 12)
                + rows("DEFGHJK", 20, "Standard", 4, 16)
                + rows("L", 16, "Recliner", 4, 12),
                {
                    "Front": adult_child("16.00", "12.00"),
                    "Standard": adult_child("21.00", "15.00"),
                    "Recliner": {"Adult": "29.00"},
                },
                ("Mad Max: Fury Road", "Barbie", "Oppenheimer", "Spider-Man: Into the Spider-Verse"),
                opens=time(10, 0),
            ),
            DemoScreen(
                "Cinema 2",
                rows("ABCDE", 10, "Standard", 5) + rows("F", 10, "Recliner", 5),
                {"Standard": adult_child("19.00", "14.00"), "Recliner": {"Adult": "27.00"}},
                ("The Castle", "Spirited Away", "Paddington 2", "Barbie", "Parasite"),
            ),
        ),
        {"fee_per_booking": Decimal("1.95"), "tax_rate": Decimal(10)},
    ),
)  # fmt: skip
