"""A small export of a point of sale, for import tests."""

import json
from decimal import Decimal

from events.models import Event, Genre
from shows.models import Show, ShowPrice
from venues.models import Screen, Venue

NONE = "18991230T000000"


def ticket(code: str, name: str, price: str, *, seats: int = 1, comment: str = "") -> dict:
    return {
        "Ticket_Code": code,
        "Ticket_Name": name,
        "Ticket_Comment": comment or name,
        "Ticket_Number_Of_Seats": seats,
        "Ticket_Default_Price": Decimal(price),
    }


def listed(code: str, price: str, **more) -> dict:
    return {
        "Price_PriceGroup_Code": "NORMAL",
        "Price_Ticket_Code": code,
        "Price_Price": Decimal(price),
        "Price_Surcharge": 0,
        "Price_Valid": True,
        **more,
    }


def movie(code: str, title: str, **more) -> dict:
    return {
        "Movie_Code": code,
        "Movie_Name": title[:24],
        "Movie_Memo_Title": title,
        "Movie_Length": 100,
        "Movie_Rating_Code": "PG",
        "Movie_Release_Date": NONE,
        "Movie_Synopsis": "",
        "Movie_Genre": "",
        "Movie_Talent": "",
        **more,
    }


def session(number: int, start: str, end: str, **more) -> dict:
    return {
        "Session_Index": number,
        "Session_Cancelled": False,
        "Session_Venue_Code": "Hall 01",
        "Session_Movie_Code": "LONG",
        "Session_Price_Group_Code": "NORMAL",
        "Session_Date_Time": start,
        "Session_End_Time": end,
        "Session_Trailers": 15,
        **more,
    }


DOCUMENT = {
    "Installation": {
        "Installation_Name": "Picture Palace",
        "Installation_Country": "Australia",
        "Installation_State": "VIC",
        "Installation_Customer_Address": "Old Arcade  Corner A & B Streets  Yarra, Vic. 3000",
        "Misc_Tax_Type": 2,
        "Misc_Tax_Rate": 10,
        "Misc_Surcharge_Tax_Rate": 10,
    },
    "Venues": [
        {"Venue_Code": "Hall 01", "Venue_Name": "Hall One", "Venue_Normal_Capacity": 15},
        {"Venue_Code": "Hall 02", "Venue_Name": "Hall Two", "Venue_Normal_Capacity": 0},
    ],
    "Movies": [
        movie(
            "LONG", "A Title of More Than Twenty-Four Letters",
            Movie_Synopsis="Of\r\nletters.", Movie_Genre="Family Science Fiction",
            Movie_Talent="Ann Ox, Bo Yak and Cy Elk.", Movie_Release_Date="20250807T060000",
        ),
        movie("SHORT", "Short"),
    ],
    "Tickets": [
        ticket("CHILD", "Child", "10"),
        ticket("ADULT", "Adult", "13"),
        ticket("FAMILY", "Family ", "0", seats=4),
        ticket("WINE", "Event ticket wi", "13.5", comment="Event ticket with wine"),
        ticket("SOFT", "Event ticket wi", "12.5", comment="Event ticket with water"),
        ticket("GIFT", "Gift Card", "0", seats=0),
    ],
    "Price_Groups": [
        {
            "Price_Group_Code": "NORMAL",
            "Price_Group_Programming_Default": True,
            "Price_Group_3D": False,
            "Price_Group_Fee_Per_Ticket": Decimal("1.1"),
            "Price_Group_Ticket_Fee_Type": 1,
            "Price_Group_Fee_Per_Transaction": 0,
            "Price_Group_Transaction_Fee_Type": 0,
        }
    ],
    "Price_List": [listed("CHILD", "10"), listed("ADULT", "13"), listed("FAMILY", "40")],
    "Sessions": [
        session(1, "20250819T110000", "20250819T125500"),
        session(2, "20250819T130000", "20250819T145500", Session_Cancelled=True),
        session(3, "20250819T130000", "20250819T145500", Session_Movie_Code="SHORT"),
        session(4, "20250819T130000", NONE, Session_Venue_Code="Hall 02"),
    ],
}  # fmt: skip


def in_json(document: dict) -> bytes:
    """Write a document with its amounts as numbers, not texts."""
    text = json.dumps(document, default=lambda amount: f"<{amount}>")
    return text.replace('"<', "").replace('>"', "").encode()


def nothing_written() -> bool:
    return not any(model.objects.exists() for model in (Show, Event, Genre, Screen, Venue))


def prices_of(show: Show) -> dict[str, str]:
    prices = ShowPrice.objects.filter(show=show).order_by("position")
    return {price.ticket_type: f"{price.amount:.2f}" for price in prices}
