"""What people read: aligned whatever the script, whole in every figure, honest in every sum."""

from __future__ import annotations

import io
import re
import unicodedata
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from kiwoomctl.domain.portfolio import Position
from kiwoomctl.render.boxed import draw
from kiwoomctl.render.cells import pad, show, width
from kiwoomctl.render.grid import Grid, grids
from kiwoomctl.render.plain import plain_table
from kiwoomctl.render.report import Report, chosen_columns
from tests.render.samples import DOWN, KODEX, account, cash, money, position, positions

ROWS = [position(), KODEX]
TWO = positions(("isa", "mock", ROWS), ("연금저축", "mock", [position(name="카카오")]))
STEERING = "삼성\x1b[2J\x1b]0;x\x07\r\n\u202e전자\x9b\u2028"


def drawn(report: Report, *fields: str) -> list[Grid]:
    return grids(report, chosen_columns(report, fields or None), chosen=bool(fields))


def plain(report: Report, *fields: str) -> str:
    return "\n".join(
        "".join(plain_table(grid, lambda cell, _: cell)) for grid in drawn(report, *fields)
    )


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def boxed(
    report: Report, columns: int, monkeypatch: pytest.MonkeyPatch, *, colour: bool = False
) -> str:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("TERM", "xterm-256color")
    terminal = Terminal()
    draw(terminal, drawn(report), colour=colour, palette="kr")
    return terminal.getvalue()


def bare(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def ends(line: str) -> set[int]:
    """Return the cells where a word of this line ends."""
    return {width(line[: match.end()]) for match in re.finditer(r"\S+", line)}


# Plain --------------------------------------------------------------------------------------


def test_plain_figures_stand_under_each_other() -> None:
    _title, header, *lines = plain(TWO).splitlines()
    for column in ("Quantity", "Market value", "P&L", "Return", "Weight"):
        end = width(header[: header.index(column)]) + len(column)
        below = [line for line in lines if "total" not in line.lower()]
        assert all(end in ends(line) for line in below), column
    assert len(lines) == 5


def test_plain_text_cuts_nothing() -> None:
    text = plain(TWO)
    assert "KODEX 미국나스닥100데일리커버드콜OTM" in text
    assert "…" not in text
    assert "\x1b" not in text
    assert "89,465,000" in text
    assert "-1,234,567" in text
    assert "+2,998,765" in text
    assert "-12.50%" in text


def test_plain_columns_start_in_one_cell() -> None:
    _title, header, *lines = plain(TWO, "name", "symbol").splitlines()
    start = width(header[: header.index("Code")])
    for line in lines:
        rest = next((code for code in ("005930", "0001A0") if line.endswith(code)), None)
        if rest:
            assert width(line) - len(rest) == start


def test_columns_without_a_word_fall_away() -> None:
    assert "Loan date" not in plain(TWO)
    assert "Loan date" in plain(positions(("isa", "mock", [position(loan_date="2026-11-02")])))
    assert "Loan date" in plain(TWO, "symbol", "loan_date")
    assert "Basis" not in plain(TWO)


def test_fields_choose_columns_and_their_order() -> None:
    assert plain(TWO, "market_value", "symbol").splitlines()[1].split() == [
        "Market",
        "value",
        "Code",
    ]


@pytest.mark.parametrize(
    ("environment", "mark"), [("mock", "[모의] "), ("sim", "[SIM] "), ("real", "")]
)
def test_titles_say_what_is_no_real_money(environment: Any, mark: str) -> None:
    title = plain(positions(("isa", environment, ROWS))).splitlines()[0]
    assert title == f"{mark}Positions · 1 account · 2026-11-20 10:00:30"


def test_environments_have_tables_and_totals_of_their_own() -> None:
    text = plain(positions(("a", "real", ROWS), ("b", "mock", ROWS)))
    assert text.count("Total") == 2
    assert text.count("[모의]") == 1


def test_subtotals_only_where_they_say_more() -> None:
    lines = plain(TWO).splitlines()
    sums = [number for number, line in enumerate(lines) if line.startswith("Subtotal")]
    assert sums == [4]
    assert "178,930,000" in lines[4]
    assert "Subtotal" not in plain(positions(("isa", "mock", ROWS)))


def test_nothing_is_said_to_be_nothing() -> None:
    assert plain(positions(("isa", "mock", []))).splitlines()[1:] == ["no positions"]


def test_a_missing_figure_is_a_dash_and_so_is_its_sum() -> None:
    text = plain(positions(("isa", "mock", [position(), position(market_value=None)])))
    assert "left out a figure" in text
    total = next(line for line in text.splitlines() if line.startswith("Total"))
    assert " - " in total


def test_a_rate_of_nothing_is_nobodys_fault() -> None:
    free = position(cost=Decimal(0), unrealized_pnl_rate=None)
    assert "left out" not in plain(positions(("isa", "mock", [free])))


def test_a_figure_nobody_asked_for_is_not_missed() -> None:
    report = positions(("isa", "mock", [position(cost=None)]))
    assert "left out" not in plain(report, "symbol", "market_value")
    assert "left out" in plain(report, "symbol", "cost")


def test_incomplete_totals_say_so() -> None:
    report = cash(("a", "mock", money(1, 2, 3, 4, 5)), failures=((account("b"), DOWN),))
    text = plain(report)
    assert "Total (incomplete)" in text
    assert "1 of 2 accounts" in text
    assert "1 of 2 accounts" in plain(report, "deposit")


# Boxed --------------------------------------------------------------------------------------


def whole(row: Position) -> list[str]:
    return [f"{row.quantity:,}", f"{row.market_value:,}", f"{row.unrealized_pnl_rate:+}%"]


@pytest.mark.parametrize("columns", [80, 100, 120, 200])
def test_boxed_figures_are_whole_and_lines_fit(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = bare(boxed(TWO, columns, monkeypatch)).splitlines()
    assert all(width(line) <= columns for line in lines)
    for row in ROWS:
        assert any(all(figure in line for figure in whole(row)) for line in lines)
    assert not any("…" in word and word[0] in "+-0123456789" for w in lines for word in w.split())
    assert any("연금저축" in line for line in lines)


@pytest.mark.parametrize("columns", [20, 40, 60])
def test_a_narrow_terminal_loses_no_digit(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = bare(boxed(TWO, columns, monkeypatch))
    for row in ROWS:
        assert all(figure in text for figure in whole(row))


@pytest.mark.parametrize("columns", [80, 81, 82, 90, 97])
def test_the_largest_figures_are_whole(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rich = position(
        name="아주아주긴이름의상장지수펀드미국나스닥100커버드콜",
        quantity=123_456_789,
        market_value=Decimal(1_234_567_890_123),
        unrealized_pnl_rate=Decimal("1234.56"),
    )
    report = positions(("일반위탁계좌-매우긴이름", "mock", [rich]))
    text = bare(boxed(report, columns, monkeypatch))
    for figure in ("123,456,789", "1,234,567,890,123", "+1234.56%"):
        assert figure in text
    assert "일반위탁계좌-매우긴이름" in text


def test_a_wide_terminal_shows_all(monkeypatch: pytest.MonkeyPatch) -> None:
    text = bare(boxed(TWO, 200, monkeypatch))
    assert "KODEX 미국나스닥100데일리커버드콜OTM" in text
    for header in ("Owner", "Code", "Sellable", "Avg price", "Cost", "Weight", "P&L"):
        assert header in text


def test_columns_go_by_rank(monkeypatch: pytest.MonkeyPatch) -> None:
    text = bare(boxed(TWO, 80, monkeypatch))
    assert "Owner" not in text
    assert "Sellable" not in text
    for header in ("Account", "Name", "Quantity", "Market value", "Return"):
        assert header in text


def test_gains_are_red_in_korea(monkeypatch: pytest.MonkeyPatch) -> None:
    text = boxed(TWO, 200, monkeypatch, colour=True)
    gain = next(line for line in text.splitlines() if "+2,998,765" in line)
    loss = next(line for line in text.splitlines() if "-1,234,567" in line)
    assert "\x1b[31m+2,998,765" in gain.replace(" ", "")
    assert "\x1b[34m-1,234,567" in loss.replace(" ", "")
    colourless = boxed(TWO, 200, monkeypatch)
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", colourless)


def test_a_boxed_total_that_is_incomplete_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    report = cash(("a", "mock", money(1, 2, 3, 4, 5)), failures=((account("b"), DOWN),))
    text = bare(boxed(report, 80, monkeypatch))
    assert "Total (incomplete)" in text
    assert "1 of 2 accounts" in text


# Names from outside -------------------------------------------------------------------------


def test_names_cannot_steer_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    report = positions(("isa", "mock", [position(name=STEERING), position(name="[red]x[/red]")]))
    for text in (plain(report), bare(boxed(report, 200, monkeypatch))):
        assert "삼성?[2J?]0;x????전자??" in text
        assert "[red]x[/red]" in text
        assert all(character.isprintable() for character in text.replace("\n", ""))
        assert text.count("전자") == 1


@given(st.text())
def test_any_name_is_printable_in_a_cell(name: str) -> None:
    assert show(name, "text").isprintable()


@given(st.text(st.characters(categories=["Lu", "Ll", "Lo", "Nd", "Zs"], max_codepoint=0xFFFF)))
def test_padding_fills_cells(text: str) -> None:
    cells = width(text) + 3
    assert width(pad(text, cells, right=True)) == width(pad(text, cells, right=False)) == cells
    assert pad(text, cells, right=True).endswith(text)


@pytest.mark.parametrize(
    "text",
    ["", "abc", "삼성전자", "KODEX 200", "ＡＢＣ", "（주）", "ㄱㄴ", "한글 ABC 123", "漢字", "é",
     "e\u0301", unicodedata.normalize("NFD", "삼성전자")],
)  # fmt: skip
def test_widths_are_those_of_terminals(text: str) -> None:
    assert width(text) == cell_len(text)


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        (None, "number", "-"),
        ("", "text", "-"),
        (0, "number", "0"),
        (Decimal(0), "signed", "0"),
        (Decimal("1E+6"), "number", "1,000,000"),
        (Decimal(-1234567), "number", "-1,234,567"),
        (Decimal(1234), "signed", "+1,234"),
        (Decimal("-0.5"), "rate", "-0.50%"),
        (Decimal("12.345"), "rate", "+12.34%"),
        (Decimal(0), "rate", "0.00%"),
        (Decimal("33.3"), "percent", "33.30%"),
        (Decimal("70123.45"), "number", "70,123.45"),
        (True, "text", "yes"),
        (("a", "b"), "text", "a, b"),
    ],
)
def test_single_values(value: Any, kind: Any, shown: str) -> None:
    assert show(value, kind) == shown
