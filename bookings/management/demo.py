"""
The data of `load_demo`: existing halls and films.

Places and running times are real. The seating plans, the prices and the programme are made up.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from typing import Any

from bookings.management.demo_stadium import stadium_layout

STAFF = "staff@demo.example"
CUSTOMER = "customer@demo.example"
PASSWORD = "curtain-up-at-eight"
"""The password of the demo logins, with DEBUG only, because everybody knows it."""

CUSTOMERS = (
    ("Asha", "Rao"), ("Mateo", "Silva"), ("Noor", "Khan"), ("Freya", "Lind"), ("Kenji", "Mori"),
    ("Chloé", "Martin"), ("Tunde", "Bello"), ("Ava", "Thompson"), ("Li", "Wei"),
    ("Zofia", "Nowak"), ("Arjun", "Iyer"), ("Grace", "O'Neill"),
)  # fmt: skip
"""The customers. The demo's visitor logs in as the first of them."""

PROMO_CODE = "ENCORE10"
"""Ten percent off every show."""

BUSY_SCREEN = "Upstairs"
BUSY_EVENINGS = (Decimal(1), Decimal("0.8"))
"""The shares of seats that are sold on the next evenings of that screen."""


@dataclass(frozen=True)
class DemoEvent:
    title: str
    minutes: int
    language: str
    genres: tuple[str, ...]
    cast: tuple[str, ...]
    description: str
    certificate: str = ""
    released: date | None = None
    kind: str = "movie"


@dataclass(frozen=True)
class DemoScreen:
    """
    A hall and its programme.

    It shows the titles in `programme` in turn, from `opens` on.
    """

    name: str
    rows: list[dict[str, Any]]
    prices: dict[str, Any]
    programme: tuple[str, ...]
    format: str = "2D"
    opens: time = time(11, 0)
    per_day: int = 5
    weekday: int | None = None
    """The only day of the week with shows; 0 is Monday."""

    document: dict[str, Any] | None = None
    """A layout in place of the rows."""

    @property
    def layout(self) -> dict[str, Any]:
        return self.document or {"rows": self.rows}


@dataclass(frozen=True)
class DemoVenue:
    name: str
    address: str
    city: str
    country: str
    timezone: str
    latitude: float
    longitude: float
    currency: str
    screens: tuple[DemoScreen, ...]
    terms: dict[str, Any] = field(default_factory=dict)


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


EVENTS = (
    DemoEvent(
        "Lagaan: Once Upon a Time in India", 224, "Hindi", ("Drama", "Musical", "Sport"),
        ("Aamir Khan", "Gracy Singh", "Rachel Shelley"),
        "A village stakes three years of taxes on a game of cricket against its rulers.",
        "U", date(2001, 6, 15),
    ),
    DemoEvent(
        "3 Idiots", 171, "Hindi", ("Comedy", "Drama"),
        ("Aamir Khan", "R. Madhavan", "Sharman Joshi", "Kareena Kapoor"),
        "Two friends look for the third, who taught them that learning is not an exam.",
        "UA", date(2009, 12, 25),
    ),
    DemoEvent(
        "Dangal", 161, "Hindi", ("Biography", "Drama", "Sport"),
        ("Aamir Khan", "Sakshi Tanwar", "Fatima Sana Shaikh", "Sanya Malhotra"),
        "A wrestler trains his daughters for the medal that he never won.",
        "U", date(2016, 12, 23),
    ),
    DemoEvent(
        "RRR", 182, "Telugu", ("Action", "Drama"),
        ("N. T. Rama Rao Jr.", "Ram Charan", "Ajay Devgn", "Alia Bhatt"),
        "Two revolutionaries become friends before they learn who the other is.",
        "UA", date(2022, 3, 25),
    ),
    DemoEvent(
        "The Lunchbox", 104, "Hindi", ("Drama", "Romance"),
        ("Irrfan Khan", "Nimrat Kaur", "Nawazuddin Siddiqui"),
        "A lunchbox goes astray in Mumbai, and letters go with it.",
        "U", date(2013, 9, 20),
    ),
    DemoEvent(
        "Parasite", 132, "Korean", ("Drama", "Thriller"),
        ("Song Kang-ho", "Lee Sun-kyun", "Cho Yeo-jeong", "Choi Woo-shik"),
        "One family after the other finds work in a house on the hill.",
        "R", date(2019, 5, 30),
    ),
    DemoEvent(
        "Spirited Away", 124, "Japanese", ("Animation", "Fantasy", "Family"),
        ("Rumi Hiiragi", "Miyu Irino", "Mari Natsuki"),
        "A girl works in a bathhouse of spirits to win her parents back.",
        "PG", date(2001, 7, 20),
    ),
    DemoEvent(
        "Seven Samurai", 207, "Japanese", ("Action", "Drama"),
        ("Toshiro Mifune", "Takashi Shimura", "Keiko Tsushima"),
        "Farmers hire seven swordsmen, for rice, against the bandits.",
        "PG", date(1954, 4, 26),
    ),
    DemoEvent(
        "The Godfather", 175, "English", ("Crime", "Drama"),
        ("Marlon Brando", "Al Pacino", "James Caan", "Diane Keaton"),
        "The youngest son of a family of criminals comes home from the war.",
        "R", date(1972, 3, 24),
    ),
    DemoEvent(
        "Casablanca", 102, "English", ("Drama", "Romance"),
        ("Humphrey Bogart", "Ingrid Bergman", "Paul Henreid"),
        "Of all the bars in all the towns, she walks into his.",
        "PG", date(1943, 1, 23),
    ),
    DemoEvent(
        "Blade Runner", 117, "English", ("Science fiction", "Thriller"),
        ("Harrison Ford", "Rutger Hauer", "Sean Young"),
        "A policeman hunts four people who were made, not born.",
        "R", date(1982, 6, 25),
    ),
    DemoEvent(
        "Mad Max: Fury Road", 120, "English", ("Action", "Science fiction"),
        ("Tom Hardy", "Charlize Theron", "Nicholas Hoult"),
        "A lorry turns left in the desert, and an army turns after it.",
        "R", date(2015, 5, 15),
    ),
    DemoEvent(
        "Oppenheimer", 180, "English", ("Biography", "Drama"),
        ("Cillian Murphy", "Emily Blunt", "Matt Damon", "Robert Downey Jr."),
        "The physicist who led the making of the bomb answers for it.",
        "R", date(2023, 7, 21),
    ),
    DemoEvent(
        "Barbie", 114, "English", ("Comedy", "Fantasy"),
        ("Margot Robbie", "Ryan Gosling", "America Ferrera"),
        "A doll with flat feet goes to see where the thoughts of death come from.",
        "PG-13", date(2023, 7, 21),
    ),
    DemoEvent(
        "The Grand Budapest Hotel", 99, "English", ("Comedy", "Crime"),
        ("Ralph Fiennes", "Tony Revolori", "Saoirse Ronan"),
        "A concierge inherits a painting, and everybody wants it back.",
        "R", date(2014, 3, 7),
    ),
    DemoEvent(
        "Paddington 2", 103, "English", ("Comedy", "Family"),
        ("Ben Whishaw", "Hugh Grant", "Sally Hawkins", "Hugh Bonneville"),
        "A bear goes to prison for a theft that he did not commit, and mends it.",
        "PG", date(2017, 11, 10),
    ),
    DemoEvent(
        "Amélie", 123, "French", ("Comedy", "Romance"),
        ("Audrey Tautou", "Mathieu Kassovitz", "Rufus"),
        "A waitress in Montmartre meddles with other people’s happiness.",
        "R", date(2001, 4, 25),
    ),
    DemoEvent(
        "Pan's Labyrinth", 119, "Spanish", ("Drama", "Fantasy"),
        ("Ivana Baquero", "Sergi López", "Maribel Verdú"),
        "In the Spain of 1944 a faun gives a girl three tasks.",
        "R", date(2006, 10, 11),
    ),
    DemoEvent(
        "The Lives of Others", 137, "German", ("Drama", "Thriller"),
        ("Ulrich Mühe", "Martina Gedeck", "Sebastian Koch"),
        "A captain of the Stasi listens to a playwright, and starts to hear him.",
        "R", date(2006, 3, 23),
    ),
    DemoEvent(
        "Spider-Man: Into the Spider-Verse", 117, "English", ("Action", "Animation", "Family"),
        ("Shameik Moore", "Jake Johnson", "Hailee Steinfeld"),
        "A schoolboy in Brooklyn is bitten, and is not the only one.",
        "PG", date(2018, 12, 14),
    ),
    DemoEvent(
        "Everything Everywhere All at Once", 139, "English", ("Action", "Comedy"),
        ("Michelle Yeoh", "Stephanie Hsu", "Ke Huy Quan", "Jamie Lee Curtis"),
        "The owner of a laundry does her taxes in every universe at once.",
        "R", date(2022, 3, 25),
    ),
    DemoEvent(
        "The Castle", 85, "English", ("Comedy", "Drama"),
        ("Michael Caton", "Anne Tenney", "Stephen Curry"),
        "An airport wants to grow over a home, and its owner says no.",
        "M", date(1997, 4, 10),
    ),
    DemoEvent(
        "Singin' in the Rain", 103, "English", ("Comedy", "Musical"),
        ("Gene Kelly", "Donald O'Connor", "Debbie Reynolds"),
        "Hollywood learns to talk, and one of its stars had better not.",
        "G", date(1952, 4, 11),
    ),
    DemoEvent(
        "In the Mood for Love", 98, "Cantonese", ("Drama", "Romance"),
        ("Tony Leung Chiu-wai", "Maggie Cheung"),
        "Two neighbours find out why their husband and wife are away so often.",
        "PG", date(2000, 9, 29),
    ),
    DemoEvent(
        "Tughlaq", 135, "English", ("Drama", "History"), (),
        "Girish Karnad’s play of 1964: a sultan with fine ideas moves his capital.",
        kind="play",
    ),
    DemoEvent(
        "Stadium Night: A. R. Rahman", 150, "", ("Pop",), ("A. R. Rahman",),
        "Thirty years of film songs, with an orchestra and a choir.",
        kind="concert",
    ),
    DemoEvent(
        "The Goldberg Variations", 80, "", ("Classical",), (),
        "Bach’s aria and thirty variations, BWV 988, on the piano.",
        kind="concert",
    ),
)  # fmt: skip

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
