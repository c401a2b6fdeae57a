"""The files of all codes: what is in them comes out, whatever else they hold gives one error."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiwoomctl.brokers.houses import Seat, house_of
from kiwoomctl.brokers.kis import listings
from kiwoomctl.brokers.kis.endpoints import MASTER_HOST
from kiwoomctl.brokers.kis.listings import FILES, MOST_BYTES, read_lines, unpacked
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.market import Listing
from kiwoomctl.errors import Unreadable

ADDRESS = "http://127.0.0.1/common/master/kospi_code.mst.zip"
MEMBER = FILES["KOSPI"]
STANDARD = "KR7005930003"
SYLLABLES = "삼성전자우현대차기아KB금융HMM시뮬홀딩스"
CODES = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=6, max_size=6)


@st.composite
def rows(draw: st.DrawFn) -> tuple[list[tuple[str, str]], int]:
    """Return codes with their names, most of them shorter than the width, and that width."""
    width = draw(st.integers(8, 40))
    codes = draw(st.lists(CODES, unique=True, min_size=2, max_size=9))
    longer = draw(st.integers(0, (len(codes) - 1) // 2))
    names = []
    for place in range(len(codes)):
        most = width if place < longer else width - 2
        text = " ".join(draw(st.text(f"{SYLLABLES} (&)", min_size=1, max_size=most)).split())
        while len(text.encode("cp949")) > most:
            text = text[:-1].strip()
        names.append(text or "LG")
    return list(zip(codes, names, strict=True)), width


def in_bytes(code: str, name: str, width: int, tail: bytes) -> bytes:
    head = f"{code:<9}{STANDARD}".encode()
    return head + name.encode("cp949").ljust(width) + tail


def in_characters(code: str, name: str, width: int, tail: bytes) -> bytes:
    return f"{code:<9}{STANDARD}{name:<{width}}".encode("cp949") + tail


WIDTHS = pytest.mark.parametrize("line", [in_bytes, in_characters])


@WIDTHS
@given(
    told=rows(),
    tail=st.sampled_from([b"ST1002700000000", b"EF", b"S  10  N", b" " * 30]),
    end=st.sampled_from([b"\n", b"\r\n"]),
)
def test_every_code_comes_out_with_its_name(
    line: Callable[..., bytes], told: tuple[list[tuple[str, str]], int], tail: bytes, end: bytes
) -> None:
    listed, width = told
    content = b"".join(line(code, name, width, tail) + end for code, name in listed)
    assert read_lines(content, "KOSPI", ADDRESS) == tuple(
        Listing(Symbol(code), name, "KOSPI", None) for code, name in listed
    )


def test_a_note_is_told_by_its_letter_and_what_no_order_can_name_is_left_out() -> None:
    lines = [
        ("Q500001", "어느 ETN"),
        ("005930", "삼성전자"),
        ("F70100001", "어느 펀드"),
        ("J00532219", "어느 인수권"),
        ("", ""),
    ]
    content = b"\n".join(in_bytes(code, name, 40, b"ST1") for code, name in lines)
    assert [(row.symbol, row.market) for row in read_lines(content, "KOSPI", ADDRESS)] == [
        ("500001", "ETN"),
        ("005930", "KOSPI"),
    ]


def one_line(**change: Any) -> bytes:
    return in_bytes(**{"code": "005930", "name": "삼성전자", "width": 40, "tail": b"ST", **change})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        one_line()[:30],
        one_line(name="") + b"\n" + one_line(code="000660"),
        one_line().replace(STANDARD.encode(), b" " * 12),
        one_line(name="x" * 40),
        one_line() + b"\n" + one_line(code="000660")[:40],
        one_line()[:21] + b"\xff\xfe   ST",
    ],
)
def test_lines_that_are_none_give_one_error_that_names_the_file(content: bytes) -> None:
    with pytest.raises(Unreadable) as told:
        read_lines(content, "KOSPI", ADDRESS)
    assert (told.value.code, ADDRESS in str(told.value)) == ("list_unreadable", True)


@given(st.binary(max_size=400) | st.binary(max_size=200).map(lambda more: one_line() + more))
def test_any_bytes_are_a_list_or_one_error(content: bytes) -> None:
    try:
        found = read_lines(content, "KOSPI", ADDRESS)
    except Unreadable:
        return
    assert found
    assert all(row.name and row.name.isprintable() for row in found)


def zipped(*parts: tuple[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", how) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return packed.getvalue()


@given(st.binary(max_size=300))
def test_what_was_packed_comes_out(content: bytes) -> None:
    assert unpacked(zipped((MEMBER, content)), MEMBER, ADDRESS) == content


WHOLE = zipped((MEMBER, one_line() * 20))


@given(
    st.binary(max_size=400)
    | st.integers(0, len(WHOLE) - 1).map(lambda size: WHOLE[:size])
    | st.tuples(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=4)).map(
        lambda cut: WHOLE[: cut[0]] + cut[1] + WHOLE[cut[0] + len(cut[1]) :]
    )
)
def test_a_damaged_zip_is_whole_or_one_error(packed: bytes) -> None:
    try:
        found = unpacked(packed, MEMBER, ADDRESS)
    except Unreadable:
        return
    assert found == one_line() * 20


def encrypted(packed: bytes) -> bytes:
    """Return the zip as one that says it is encrypted."""
    place = packed.index(b"PK\x01\x02") + 8
    return packed[:place] + b"\x01" + packed[place + 1 :]


@pytest.mark.parametrize(
    "packed",
    [
        zipped(("other.mst", b"x")),
        zipped((f"../{MEMBER}", b"x")),
        zipped((MEMBER, b"x"), ("other.mst", b"x")),
        zipped(),
        zipped((MEMBER, b"x"), how=zipfile.ZIP_BZIP2),
        zipped((MEMBER, b" " * (MOST_BYTES + 1))),
        encrypted(zipped((MEMBER, b"x" * 40))),
    ],
    ids=["another", "path", "two", "none", "bzip2", "bomb", "encrypted"],
)  # fmt: skip
def test_a_zip_with_anything_else_is_refused(packed: bytes) -> None:
    assert len(packed) < 100_000
    with pytest.raises(Unreadable) as told:
        unpacked(packed, MEMBER, ADDRESS)
    assert told.value.code == "list_unreadable"


@pytest.mark.parametrize("environment", ["real", "mock", "sim"])
def test_only_a_simulator_is_asked_at_its_own_address(environment: Any, tmp_path: Path) -> None:
    here = "http://127.0.0.1:18090"
    nothing = Seat(*[None] * len(Seat._fields))  # type: ignore[arg-type]  # no key, no token
    seat = nothing._replace(environment=environment, host=here, timeout=1.0, state=tmp_path)
    door = house_of("kis").open(seat).lists().door()  # type: ignore[attr-defined]  # these lists
    door.close()
    assert door.base_url == (here if environment == "sim" else MASTER_HOST)
    assert MASTER_HOST.startswith("https://")


def test_a_zip_that_is_too_large_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listings, "MOST_PACKED", len(WHOLE) - 1)
    with pytest.raises(Unreadable, match="larger"):
        unpacked(WHOLE, MEMBER, ADDRESS)
