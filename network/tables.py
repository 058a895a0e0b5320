"""
Tables that go to a spreadsheet and come from one. What leaves runs no formula in anybody's spreadsheet: every export of the
product is written here. What comes in is values only, and no more of them than a page of changes can be looked at.
"""

import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import range_boundaries
from openpyxl.worksheet.formula import ArrayFormula, DataTableFormula

from network import numbers
from network.errors import Refused

FORMULA = tuple("=+-@\t\r\n＝＋－＠")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection)."""
NUMBER = re.compile(r"-?\d+([.,]\d+)?")
MOST_ROWS = 10_000
MOST_BYTES = 5 * 1024 * 1024
MOST_UNPACKED = 80 * 1024 * 1024
MOST_COLUMNS = 40
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
Cell = str | Decimal | int
Tell = Callable[[int], None]
"""Hears how many rows have been read."""


def harmless(text: str) -> str:
    """The same text, which no spreadsheet takes for a formula. A plain number stays one, with its sign."""
    return f"'{text}" if text.startswith(FORMULA) and not NUMBER.fullmatch(text) else text


def as_csv(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Semicolons, decimal commas as the reader's language has them, and a mark by which a spreadsheet knows the letters."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    for row in (headings, *rows):
        writer.writerow([numbers.written(c) if isinstance(c, Decimal) else harmless(str(c)) for c in row])
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(title: str, headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """One sheet whose first row stays in sight; numbers are numbers."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\\/*?:\[\]]", " ", title)[:31])
    sheet.freeze_panes = "A2"
    for number, heading in enumerate(headings):
        sheet.column_dimensions[chr(65 + number)].width = max(12, len(heading) + 3)
    bold = [WriteOnlyCell(sheet, value=harmless(heading)) for heading in headings]
    for cell in bold:
        cell.font = Font(bold=True)
    sheet.append(bold)
    for row in rows:
        sheet.append([harmless(c) if isinstance(c, str) else c for c in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@dataclass(frozen=True)
class Table:
    """The rows that say something, each with its number in the sheet, and the numbers of rows that hide in a merged cell."""

    rows: list[tuple[int, list[str]]] = field(default_factory=list)
    merged: frozenset[int] = frozenset()


def from_text(text: str, tell: Tell = lambda rows: None) -> Table:
    """Cells pasted from a spreadsheet (tabs), or the text of a CSV file (semicolons, tabs or commas)."""
    beginning = [line for line in text[:5000].splitlines() if line.strip()][:10]
    delimiter = next((mark for mark in "\t;," if any(mark in line for line in beginning)), ";")
    try:
        return Table(_kept(enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), 1), tell))
    except csv.Error:
        raise Refused(_("This text cannot be read as rows and columns. Copy the cells again.")) from None


def from_file(content: bytes, tell: Tell = lambda rows: None) -> Table:
    """A CSV or XLSX file, known by what is in it; Refused for anything else, and for what is too large."""
    if len(content) > MOST_BYTES:
        raise Refused(too_large())
    if content.startswith(b"PK"):
        return _from_xlsx(content, tell)
    if b"\0" in content and not content.startswith(UTF_16):
        raise Refused(_("This is no spreadsheet we can read. Save it as .xlsx or .csv and try again."))
    return from_text(_decoded(content), tell)


def too_large() -> str:
    return _("This file is larger than %(most)s MB. Keep only the rows that change.") % {"most": MOST_BYTES // 2**20}


def _decoded(content: bytes) -> str:
    """Text as spreadsheets here write it: UTF-8, UTF-16 with its mark, or what Windows wrote for forty years."""
    for encoding in ("utf-16" if content.startswith(UTF_16) else "utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused(_("This is no spreadsheet we can read. Save it as .xlsx or .csv and try again."))


def _from_xlsx(content: bytes, tell: Tell) -> Table:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            if sum(part.file_size for part in parts.infolist()) > MOST_UNPACKED:
                raise Refused(_too_many())
            merged = _merged(parts)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        values = ([_as_text(v) for v in row] for row in sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True))
        return Table(_kept(enumerate(values, 1), tell), merged)
    except (zipfile.BadZipFile, KeyError, ValueError, IndexError, OSError, SyntaxError, TypeError):
        raise Refused(_("This is no spreadsheet we can read. Save it as .xlsx or .csv and try again.")) from None


def _merged(parts: zipfile.ZipFile) -> frozenset[int]:
    """Numbers of the rows, but the first, of cells merged over several rows on the first sheet: they look filled and are not."""
    sheets = sorted(name for name in parts.namelist() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name))
    found: set[int] = set()
    for ref in re.findall(rb'<mergeCell ref="([A-Z]+\d+:[A-Z]+\d+)"', parts.read(sheets[0])) if sheets else ():
        _left, top, _right, bottom = range_boundaries(ref.decode())
        found.update(range(int(top or 0) + 1, min(int(bottom or 0), MOST_ROWS * 2) + 1))
    return frozenset(found)


def _kept(rows: Iterable[tuple[int, Sequence[str]]], tell: Tell) -> list[tuple[int, list[str]]]:
    kept: list[tuple[int, list[str]]] = []
    for number, row in rows:
        cells = [str(cell).strip()[:200] for cell in row[:MOST_COLUMNS]]
        while cells and not cells[-1]:
            cells.pop()
        if not cells:
            continue
        if len(kept) > MOST_ROWS:
            raise Refused(_too_many())
        kept.append((number, cells))
        if len(kept) % 500 == 0:
            tell(len(kept))
    return kept


def _too_many() -> str:
    return _("This has more than %(most)s rows. Keep only the rows that change.") % {"most": MOST_ROWS}


def _as_text(value: Any) -> str:
    """A cell's value as it would be typed."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int | float):
        return numbers.written(Decimal(repr(value)) if isinstance(value, float) else Decimal(value))
    if isinstance(value, ArrayFormula | DataTableFormula):
        return "="
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)
