"""shots.xlsx: the result as an Excel workbook, a sheet each for count, shots, volleys, coverage and comparison."""

from __future__ import annotations

import datetime
import io
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from detector.errors import DetectorError
from detector.exports.sheets import Cell, Sheet, sheets
from detector.exports.wording import one_line
from detector.records import Comparison, Report

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

_UNDATED = datetime.datetime(1980, 1, 1)  # the earliest date of a zip file: the same result gives the same bytes
_WIDEST, _LONGEST = 60, 32_000  # characters: of a column, and that a cell can hold
_FORMULA = ("=", "+", "-", "@")


def render(report: Report, comparisons: Sequence[Comparison]) -> bytes:
    """An .xlsx file; units stand in the column names, cells that do not apply are empty.

    Every text is stored as text on one line, and one that a spreadsheet would take for a formula
    once somebody edits it is marked as text for good: nothing in it is ever computed.

    Raises
    ------
    DetectorError
        When XlsxWriter is not installed.
    """
    try:
        from xlsxwriter import Workbook
    except ImportError as error:
        raise DetectorError("no workbook without XlsxWriter: pip install 'gunshot-tally[xlsx]'") from error
    file = io.BytesIO()
    book = Workbook(file, {"in_memory": True})
    book.set_properties({"created": _UNDATED})
    bold, plain = book.add_format({"bold": True}), book.add_format()
    guarded = book.add_format({"quote_prefix": True})
    for sheet in sheets(report, comparisons):
        page = book.add_worksheet(sheet.name)
        page.freeze_panes(1, 0)
        _write_row(page, 0, sheet.columns, bold, bold)
        for number, row in enumerate(sheet.rows, start=1):
            _write_row(page, number, row, plain, guarded)
        _set_widths(page, sheet)
    book.close()
    return file.getvalue()


def _write_row(page: Worksheet, number: int, row: Sequence[Cell], plain: Format, guarded: Format) -> None:
    for column, cell in enumerate(row):
        if isinstance(cell, bool):
            page.write_boolean(number, column, cell, plain)
        elif isinstance(cell, str) and (text := one_line(cell)[:_LONGEST]):
            page.write_string(number, column, text, guarded if text.startswith(_FORMULA) else plain)
        elif isinstance(cell, (int, float)) and math.isfinite(cell):
            page.write_number(number, column, cell, plain)


def _set_widths(page: Worksheet, sheet: Sheet) -> None:
    for column, name in enumerate(sheet.columns):
        longest = max((len(str(row[column])) for row in sheet.rows if row[column] is not None), default=0)
        page.set_column(column, column, min(_WIDEST, max(longest, len(name)) + 2))
