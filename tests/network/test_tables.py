"""Tables to and from a spreadsheet: what leaves runs no formula, what comes in is values, in measure."""

import io
import zipfile
from decimal import Decimal

import pytest
from django.utils.translation import override
from openpyxl import Workbook, load_workbook

from network import tables
from network.errors import Refused

D = Decimal
FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", '=HYPERLINK("http://x")']


def book(*rows, merge=""):
    made = Workbook()
    for row in rows:
        made.active.append(row)
    if merge:
        made.active.merge_cells(merge)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_leaves_as_a_formula(text):
    assert tables.harmless(text) == f"'{text}"
    assert f"'{text[:2]}" in tables.as_csv(["a"], [[text]]).decode("utf-8-sig").replace('""', '"')
    cell = load_workbook(io.BytesIO(tables.as_xlsx("a", ["a"], [[text]]))).active["A2"]
    assert cell.data_type == "s"


@pytest.mark.parametrize("text", ["-1,0", "-12", "3.5", "leek", "", "2026-03-05"])
def test_a_number_and_a_plain_text_leave_as_they_are(text):
    assert tables.harmless(text) == text


def test_a_csv_opens_in_belgium():
    with override("nl"):
        assert tables.as_csv(["Prei; groot", "Prijs"], [["wit", D("2.40")]]) == (
            b"\xef\xbb\xbf" + b'"Prei; groot";Prijs\r\nwit;2,4\r\n'
        )


def test_a_sheet_keeps_numbers_as_numbers():
    sheet = load_workbook(io.BytesIO(tables.as_xlsx("A/B", ["Prijs"], [[D("2.4")]]))).active
    assert (sheet.title, sheet["A2"].value, sheet.freeze_panes) == ("A B", 2.4, "A2")


@pytest.mark.parametrize(
    "content",
    [
        b"prei;50;2,40\nkool;;3",
        "prei;50;2,40\r\nkool;;3\r\n".encode("utf-8-sig"),
        "prei\t50\t2,40\nkool\t\t3".encode("utf-16"),
        book(["prei", 50, 2.4], [], ["kool", None, 3]),
    ],
    ids=["csv", "csv with a mark", "utf-16", "xlsx"],
)
def test_every_file_is_read_as_it_would_be_typed(content):
    with override("nl"):
        rows = [cells for _line, cells in tables.from_file(content).rows]
    assert rows in ([["prei", "50", "2,40"], ["kool", "", "3"]], [["prei", "50", "2,4"], ["kool", "", "3"]])


def test_what_windows_wrote_is_read_too():
    assert tables.from_file("crème;2".encode("cp1252")).rows == [(1, ["crème", "2"])]


def test_rows_hidden_in_a_merged_cell_are_known():
    found = tables.from_file(book(["prei", 50], ["kool", None], ["biet", None], merge="B1:B3"))
    assert found.merged == {2, 3}
    assert found.rows[1] == (2, ["kool"])


def test_a_formula_comes_as_a_formula():
    assert tables.from_file(book(["prei", "=1+1"])).rows == [(1, ["prei", "=1+1"])]


def broken_zip():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as parts:
        parts.writestr("a.txt", "no sheet")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "Save it as .xlsx or .csv"),
        (b"PK\x03\x04 half a file", "Save it as .xlsx or .csv"),
        (broken_zip(), "Save it as .xlsx or .csv"),
        (b"a" * (tables.MOST_BYTES + 1), "larger than 5 MB"),
        (b"x\n" * (tables.MOST_ROWS + 2), "more than 10000 rows"),
        (("prei;1\n" * 50_000).encode(), "more than 10000 rows"),
    ],
)
def test_what_is_no_spreadsheet_or_too_much_is_refused(content, sentence):
    with pytest.raises(Refused, match=sentence):
        tables.from_file(content)


def test_what_unpacks_to_more_than_anybody_types_is_refused(monkeypatch):
    monkeypatch.setattr(tables, "MOST_UNPACKED", 1000)
    with pytest.raises(Refused, match="more than 10000 rows"):
        tables.from_file(book(["prei", 1]))
