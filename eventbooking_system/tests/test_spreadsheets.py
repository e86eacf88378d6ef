import csv

import pytest

from eventbooking_system.spreadsheets import cell, csv_document


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_cell_that_would_be_a_formula_is_text(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_other_cells_stay_as_they_are() -> None:
    assert [cell(value) for value in ("Rao, Asha", "A-1", 7, None)] == ["Rao, Asha", "A-1", "7", ""]


def test_document_reads_back_with_quotes_and_scripts() -> None:
    rows = [['Rao, "Asha"', "मीरा"], ["=x", ""]]
    text = csv_document(rows).decode("utf-8-sig")
    assert list(csv.reader(text.splitlines())) == [['Rao, "Asha"', "मीरा"], ["'=x", ""]]
