"""The file of codes and names: what goes in comes out, and anything damaged counts as none."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiwoomctl.brokers.kiwoom import wire
from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.market import Listing
from kiwoomctl.errors import UsageError
from kiwoomctl.services import symbol_file, symbols

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=KST)
CODES = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=6, max_size=6).map(Symbol)
# The broker's names, their blanks made single ones where the lists are read.
NAMES = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1).map(
    lambda text: " ".join(text.split())
)
LISTINGS = st.builds(
    Listing,
    CODES,
    NAMES,
    st.sampled_from(["KOSPI", "ETN", "K-OTC"]),
    st.sampled_from([True, False, None]),
)


@given(st.lists(LISTINGS, unique_by=lambda row: row.symbol, min_size=1, max_size=12))
def test_every_listing_is_found_by_code_by_name_and_by_their_parts(rows: list[Listing]) -> None:
    with TemporaryDirectory() as folder:
        symbol_file.write(Path(folder), rows, NOON)
        kept = symbol_file.read(Path(folder))
    assert kept is not None
    assert kept.made_at == NOON
    for row in rows:
        assert kept.of(row.symbol) == row
        typed = row.name.upper() if row.name.isascii() else normalize("NFD", row.name)
        assert row in kept.named(f" {typed} ")
        assert row in set(kept.starting(row.symbol[:3].lower()))
        assert row in set(kept.starting(row.name[:2]))
        assert row in set(kept.containing(row.name[-2:]))
        folded = symbol_file.folded(row.name)
        assert {found.name for found in kept.named(row.name)} == {
            other.name for other in rows if symbol_file.folded(other.name) == folded
        }
    assert kept.of("??????") is None


@given(st.lists(LISTINGS, unique_by=lambda row: row.symbol, min_size=1, max_size=5), st.data())
def test_a_file_that_was_cut_counts_as_none(rows: list[Listing], data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        path = symbol_file.write(Path(folder), rows, NOON)
        text = path.read_text("utf-8")
        path.write_text(text[: data.draw(st.integers(0, len(text) - 1))], "utf-8")
        assert symbol_file.read(Path(folder)) is None


def test_a_world_without_a_file_has_none(tmp_path: Path) -> None:
    assert symbol_file.read(tmp_path) is None
    with pytest.raises(UsageError) as told:
        symbols.find(tmp_path, "삼성")
    assert told.value.code == "symbols_missing"


@given(st.text())
def test_what_is_no_domestic_code_is_kept_as_sent(text: str) -> None:
    told = wire.name_or_code(text)
    assert told == (text.strip() or None) or (
        told is not None and Symbol.is_valid(told) and told in text
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("A005930", "005930"),
        ("0001A0", "0001A0"),
        ("AAPL", "AAPL"),
        ("BRK.B", "BRK.B"),
        (" ", None),
    ],
)
def test_domestic_codes_lose_their_class_letter(text: str, code: str | None) -> None:
    assert wire.name_or_code(text) == code
