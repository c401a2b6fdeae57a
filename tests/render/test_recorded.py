"""Sparklines, and CSV for spreadsheets."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from kiwoomctl.domain.clock import KST
from kiwoomctl.render.export_report import COLUMNS, spreadsheet
from kiwoomctl.render.report import Report, Section
from kiwoomctl.render.sparkline import BLOCKS, PLAIN, SparklineLook, sparkline
from kiwoomctl.services.recorded.exports import ExportRow

AS_OF = datetime(2026, 11, 20, 20, 35, tzinfo=KST)


def drawn(*values: int | None, width: int = 80, blocks: bool = True) -> str:
    figures = [None if value is None else Decimal(value) for value in values]
    return sparkline(figures, SparklineLook(width, blocks))


def test_the_lowest_and_the_highest_have_the_ends_of_the_ramp() -> None:
    assert drawn(1, 8, 4) == BLOCKS[0] + BLOCKS[7] + BLOCKS[3]
    assert drawn(1, 8, 4, blocks=False) == PLAIN[0] + PLAIN[7] + PLAIN[3]
    assert PLAIN.isascii()
    assert len(PLAIN) == len(BLOCKS)


def test_a_missing_figure_is_a_gap_and_equal_ones_are_level() -> None:
    assert drawn(5, None, 5) == f"{BLOCKS[3]} {BLOCKS[3]}"
    assert drawn(None, None) == ""
    assert drawn() == ""


@pytest.mark.parametrize("count", [3, 9, 10, 11, 250])
def test_more_than_fits_is_thinned_and_the_newest_stays(count: int) -> None:
    line = drawn(*range(count), width=10)
    assert len(line) == min(count, 10)
    assert line[-1] == BLOCKS[7]
    assert line == "".join(sorted(line))


def sheet(**changes: Any) -> list[str]:
    row = ExportRow(AS_OF.date(), "position", "isa", "김영희", "sim", AS_OF, **changes)
    report = Report("export", "", COLUMNS, (Section("sim", [row]),), AS_OF)
    text = spreadsheet(report, [c for c in COLUMNS if c.key in {"symbol", "name", "price"}])
    assert text.startswith("\ufeffsymbol,name,price\r\n")
    return text.removeprefix("\ufeff").split("\r\n")[1:]


def test_codes_keep_their_zeros() -> None:
    cells = sheet(symbol="005930", name="삼성전자", price=Decimal(268500))
    assert cells == ['"=""005930""",삼성전자,268500', ""]


@pytest.mark.parametrize("name", ["=1+1", "+82", "-5", "@cmd", "\tx"])
def test_a_name_is_never_a_formula(name: str) -> None:
    assert sheet(symbol="000001", name=name)[0].split(",")[1] == f"'{name}"


def test_what_is_missing_is_empty() -> None:
    assert sheet(name="x")[0] == ",x,"
