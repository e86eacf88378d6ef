"""Everyone of one hall finds a seat in another, or is named."""

from collections import Counter
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shows.seating import Area, Hall, HallSeat, NewHall, Occupied, rehouse

WORTH = {"Silver": Decimal(200), "Gold": Decimal(300), "Platinum": Decimal(500)}
LETTERS = {"s": "Silver", "g": "Gold", "p": "Platinum", "w": "Gold", "c": "Gold"}


def new_hall(
    *rows: str, areas: dict[str, tuple[str, int]] | None = None, worth=WORTH, first_row: str = "A"
) -> NewHall:
    """
    Return a hall from pictures of its rows.

    Letters are categories, and a space is an aisle. `w` is a wheelchair place of Gold, and `c` the
    companion's seat beside it. Rows are A, B …, seats 1, 2 …
    """
    seats, labels = [], {}
    for y, picture in enumerate(rows):
        for x, letter in enumerate(picture):
            if letter == " ":
                continue
            seat_id, row = 1001 + len(seats), chr(ord(first_row) + y)
            number = sum(1 for other in picture[: x + 1] if other != " ")
            special = {"accessible": letter == "w", "companion": letter == "c"}
            seats.append(HallSeat(seat_id, "", row, x, y, LETTERS[letter], **special))
            labels["", row, str(number)] = seat_id
    found, next_id = {}, 5001
    for name, (category, count) in (areas or {}).items():
        found[name] = Area(category, range(next_id, next_id + count))
        next_id += count
    names = {seat.category for seat in seats} | {area.category for area in found.values()}
    return NewHall(Hall(seats), labels, found, {name: worth[name] for name in names})


def party(number: int | None, *labels: str, category: str = "Silver", area: str = "", **more):
    """Return the places of a booking by their labels: `party(1, "A1", "A2")`."""
    return [
        Occupied(
            key=(number or 0) * 100 + index,
            party=number,
            label=("", label[0], label[1:]),
            category=category,
            worth=WORTH[category],
            area=area,
            **more,
        )
        for index, label in enumerate(labels)
    ]


def labels_of(new: NewHall, found, places) -> list[str]:
    names = {seat_id: f"{row}{number}" for (_, row, number), seat_id in new.labels.items()}
    return [names[found.seats[place.key]] for place in places]


def test_a_party_keeps_its_labels_in_a_hall_that_has_them():
    new, places = new_hall("ssss", "ssss"), party(1, "B2", "B3")
    found = rehouse(places, new)
    assert labels_of(new, found, places) == ["B2", "B3"]
    assert found.unseated == []


def test_a_party_of_which_one_label_is_missing_moves_as_a_whole_and_sits_together():
    new = new_hall("ss ss", "ssss")
    places = party(1, "B4", "B5")
    found = rehouse(places, new)
    taken = labels_of(new, found, places)
    assert taken[0][0] == taken[1][0] and int(taken[1][1]) - int(taken[0][1]) == 1
    assert taken != ["A2", "A3"], "an aisle is between them"


def test_a_label_of_a_cheaper_category_is_not_kept():
    new, places = new_hall("ssss", "gggg"), party(1, "A1", "A2", category="Gold")
    found = rehouse(places, new)
    assert {label[0] for label in labels_of(new, found, places)} == {"B"}


def test_a_label_of_a_better_category_is_kept():
    new, places = new_hall("pppp"), party(1, "A1")
    assert labels_of(new, rehouse(places, new), places) == ["A1"]


def test_people_in_better_seats_by_label_leave_them_to_those_who_paid_for_them():
    new = new_hall("gg", "ss")
    silver, gold = party(1, "A1", "A2"), party(2, "C1", "C2", category="Gold")
    found = rehouse(silver + gold, new)
    assert found.unseated == []
    assert labels_of(new, found, gold) == ["A1", "A2"]
    assert labels_of(new, found, silver) == ["B1", "B2"]


def test_the_cheapest_better_category_is_taken_where_the_own_one_is_full():
    new = new_hall("pp", "gg", "s")
    places = party(1, "X1", "X2")
    found = rehouse(places, new)
    assert labels_of(new, found, places) == ["B1", "B2"]


def test_a_category_of_another_name_counts_as_equal_at_the_same_price():
    new = new_hall("gg", worth={"Gold": Decimal(200)})
    assert rehouse(party(1, "A1"), new).unseated == []


def test_a_category_of_the_same_name_counts_as_equal_at_a_lower_price():
    new = new_hall("gg", worth={"Gold": Decimal(100)})
    assert rehouse(party(1, "X1", category="Gold"), new).unseated == []


def test_nobody_is_seated_in_a_cheaper_category():
    found = rehouse(party(7, "X1", category="Platinum"), new_hall("gggg"))
    assert found.unseated == [7]


def test_a_party_that_fits_nowhere_together_sits_in_as_few_groups_as_possible():
    new, places = new_hall("sss", "sss"), party(1, "X1", "X2", "X3", "X4")
    rows = Counter(label[0] for label in labels_of(new, rehouse(places, new), places))
    assert sorted(rows.values()) == [2, 2], "nobody sits alone"


def test_two_hundred_people_in_a_smaller_hall_leave_exactly_the_surplus_unseated():
    new = new_hall(*["s" * 10] * 15)
    places = [place for n in range(100) for place in party(n + 1, f"X{2 * n}", f"X{2 * n + 1}")]
    found = rehouse(places, new)
    assert len(found.unseated) == 25
    assert len(set(found.seats.values())) == 150


def test_a_party_of_two_categories_sits_together_in_the_better_one():
    new = new_hall("gggg", "ssss")
    places = party(1, "X1", "X2") + party(1, "Y1", "Y2", category="Gold")
    places = [*places[:2], *(Occupied(**{**vars(p), "key": p.key + 50}) for p in places[2:])]
    assert {label[0] for label in labels_of(new, rehouse(places, new), places)} == {"A"}


def test_a_wheelchair_place_is_exchanged_for_a_wheelchair_place_and_no_other_gets_one():
    new = new_hall("gwcgg")
    chair = party(1, "X1", category="Gold", accessible=True)
    friend = [Occupied(2, 1, ("", "X", "2"), "Gold", WORTH["Gold"], companion=True)]
    others = party(2, "X3", "X4", "X5", category="Gold")
    found = rehouse([*chair, *friend, *others], new)
    assert labels_of(new, found, chair) == ["A2"]
    assert labels_of(new, found, friend) == ["A3"]
    assert sorted(labels_of(new, found, others)) == ["A1", "A4", "A5"]


def test_a_party_with_a_wheelchair_is_named_where_there_is_no_place_for_it():
    places = party(1, "A1", category="Gold", accessible=True)
    assert rehouse(places, new_hall("gggg")).unseated == [1]


def test_house_seats_keep_their_labels_unless_people_need_them():
    house = party(None, "A1", "A2")
    kept = rehouse([*house, *party(1, "X1", "X2")], new_hall("ssss"))
    assert kept.unblocked == [] and kept.seats[0] == 1001 and kept.unseated == []
    lost = rehouse([*house, *party(1, "X1", "X2", "X3")], new_hall("ssss"))
    assert lost.unseated == [] and len(lost.unblocked) == 2


def test_a_house_seat_without_its_label_is_named():
    found = rehouse(party(None, "Z9"), new_hall("ssss"))
    assert (found.unblocked, found.unseated) == ([0], [])


def test_places_of_an_area_go_to_the_area_of_the_same_name():
    new = new_hall(areas={"Balcony": ("Gold", 5), "Floor": ("Silver", 5)})
    found = rehouse(party(1, "F1", "F2", area="Floor"), new)
    assert set(found.seats.values()) == {5006, 5007}


def test_a_party_moves_to_another_area_that_is_as_good_if_its_own_is_too_small():
    new = new_hall(areas={"Balcony": ("Gold", 5), "Floor": ("Silver", 1)})
    found = rehouse(party(1, "F1", "F2", area="Floor"), new)
    assert set(found.seats.values()) == {5001, 5002}
    dear = party(1, "F1", "F2", area="Balcony", category="Platinum")
    assert rehouse(dear, new).unseated == [1]


def test_a_place_of_an_area_never_becomes_a_seat():
    assert rehouse(party(1, "F1", area="Floor"), new_hall("ssss")).unseated == [1]


@pytest.mark.parametrize("labels", [True, False])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_everyone_gets_a_place_of_their_own_that_is_as_good_or_is_named(labels, data):
    rows = data.draw(st.lists(st.text("sgp ", min_size=1, max_size=8), min_size=1, max_size=5))
    new = new_hall(*[row if row.strip() else "s" for row in rows])
    places = []
    for number in range(1, data.draw(st.integers(1, 12)) + 1):
        size, category = data.draw(st.integers(1, 4)), data.draw(st.sampled_from(list(WORTH)))
        row = chr(ord("A" if labels else "a") + number % 6)
        start = data.draw(st.integers(0, 6)) + 20 * number
        names = [f"{row}{start + index if not labels else index + 1}" for index in range(size)]
        places += party(number, *names, category=category)
    found = rehouse(places, new)
    assert len(set(found.seats.values())) == len(found.seats)
    seats = {seat.seat_id: seat for seat in new.hall.seats}
    for place in places:
        if place.party in found.unseated:
            continue
        category = seats[found.seats[place.key]].category
        assert category == place.category or new.worth[category] >= place.worth
    if len(places) <= sum(s.category == "Platinum" for s in new.hall.seats):
        assert found.unseated == []
