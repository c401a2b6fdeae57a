"""The pure parts of the live feed: groups of items, what is kept, what fields are called."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiwoomctl.brokers.houses import NAMES, house_of
from kiwoomctl.brokers.kis.live.feed import COMEBACK
from kiwoomctl.brokers.kiwoom import wire
from kiwoomctl.brokers.kiwoom.catalogue import KiwoomCatalogue
from kiwoomctl.brokers.kiwoom.live import events, fids
from kiwoomctl.brokers.kiwoom.live.kinds import CERTAIN, KINDS
from kiwoomctl.brokers.kiwoom.live.registrations import MOST_ITEMS, Registrations
from kiwoomctl.brokers.live.inbox import Element, Inbox
from kiwoomctl.brokers.live.patience import Return
from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.live import Gap, OrderNotice, RawEvent
from kiwoomctl.errors import UsageError
from kiwoomctl.services.live import words as stream_words

NOON = datetime(2026, 10, 1, 12, 0, tzinfo=KST)
TYPES = st.sampled_from([("0B",), ("0B", "0D"), ("0D",)])
ITEMS = st.lists(st.integers(0, 400).map(lambda number: f"{number:06d}"), max_size=250)


@given(st.lists(st.tuples(st.booleans(), TYPES, ITEMS), max_size=8))
def test_a_server_that_follows_the_frames_has_what_is_wanted(
    steps: list[tuple[bool, tuple[str, ...], list[str]]],
) -> None:
    wanted: set[tuple[tuple[str, ...], str]] = set()
    followed: dict[str, set[tuple[tuple[str, ...], str]]] = {}
    registrations = Registrations()
    for adds, types, items in steps:
        pairs = {(types, item) for item in items}
        frames = (registrations.add if adds else registrations.remove)(types, items)
        wanted = wanted | pairs if adds else wanted - pairs
        for frame in frames:
            (part,) = frame["data"]
            named = {(tuple(part["type"]), item) for item in part["item"]}
            group = followed.setdefault(frame["grp_no"], set())
            if frame["trnm"] == "REG":
                group |= named
            else:
                group -= named
            assert len(group) <= MOST_ITEMS
            assert len(frame["grp_no"]) <= 4
        assert set().union(*followed.values()) == wanted
    anew = {
        (tuple(part["type"]), item)
        for frame in registrations.all()
        for part in frame["data"]
        for item in part["item"]
    }
    assert anew == wanted


def element(kind: str, item: str, count: int) -> Element:
    at = NOON + timedelta(seconds=count)
    return Element(kind, item, {"count": count}, at, from_market=kind not in CERTAIN)


@given(st.lists(st.sampled_from(["0B/005930", "0B/000660", "0D/005930", "00/"]), max_size=60))
def test_events_come_out_in_order_and_what_counts_is_never_dropped(names: list[str]) -> None:
    inbox = Inbox(most=5)
    inbox.keep_newest_of("0B", {"000660"})
    for count, name in enumerate(names):
        kind, item = name.split("/")
        inbox.put(element(kind, item, count))
    taken = []
    while (kept := inbox.take(0)) is not None:
        taken.append(kept)
    elements = [kept for kept in taken if isinstance(kept, Element)]
    market = [count for count, name in enumerate(names) if name in {"0B/005930", "0D/005930"}]
    dropped = sum(kept.dropped for kept in taken if isinstance(kept, Gap))
    told = [kept.content["count"] for kept in elements if kept.item != "000660"]
    assert told == sorted(told)
    assert dropped == max(0, len(market) - 5)
    own = [count for count, name in enumerate(names) if name == "00/"]
    assert told == sorted([*market[dropped:], *own])
    newest = [count for count, name in enumerate(names) if name == "0B/000660"][-1:]
    assert [kept.content["count"] for kept in elements if kept.item == "000660"] == newest


def test_an_end_is_told_after_everything_before_it() -> None:
    inbox = Inbox()
    inbox.put(element("00", "", 1))
    inbox.fail(ValueError("the end"))
    assert inbox.take(0) is not None
    for _ in range(2):
        with pytest.raises(ValueError, match="the end"):
            inbox.take(0)


def test_every_documented_field_has_a_name_of_its_own_in_each_kind() -> None:
    catalogue = KiwoomCatalogue()
    for kind in KINDS:
        documented = catalogue.api(kind.type)
        assert documented is not None
        numbers = [field.name for field in documented.response if field.name.isdigit()]
        assert numbers
        names = [fids.FIELDS[number].name for number in numbers]
        assert len(set(names)) == len(names), kind


def test_a_field_nobody_documented_is_kept_as_text() -> None:
    event = RawEvent("0B", "005930", {"77777": " 0012 ", "10": "-63000"}, NOON)
    assert events.named(event).fields == {"field_77777": "0012", "price": Decimal(63000)}


@given(st.text(max_size=12))
def test_no_text_of_a_field_ends_the_reading(text: str) -> None:
    values = dict.fromkeys(fids.FIELDS, text)
    event = RawEvent("00", "", values, NOON)
    named = events.named(event)
    assert set(named.unreadable) <= set(named.fields)
    read = events.read(Element("00", "", {"values": values}, NOON, from_market=False))
    assert isinstance(read, OrderNotice) or read.trouble is not None  # type: ignore[union-attr]
    json.dumps(dict(named.unreadable))


@pytest.mark.parametrize(
    ("text", "rate"),
    [("000001500", "1.5"), ("-00001500", "-1.5"), ("+1.50", "1.50"), ("1", "1"), ("", None)],
)
def test_a_padded_rate_is_in_thousandths(text: str, rate: str | None) -> None:
    assert wire.padded_rate(text) == (None if rate is None else Decimal(rate))


@pytest.mark.parametrize(
    ("words", "account", "market"),
    [
        ("orders 04", ("00", "04"), []),
        ("ORDERS", ("00",), []),
        ("주문체결 잔고", ("00", "04"), []),
        ("trades book 005930 0001A0_AL", None, [(("0B", "0D"), ("005930", "0001A0_AL"))]),
        ("trades 005930 index 001", None, [(("0B",), ("005930",)), (("0J",), ("001",))]),
        ("0g 0G 005930", None, [(("0g", "0G"), ("005930",))]),
        ("gold MGD", None, [(("0I",), ("MGD",))]),
        ("vi session", None, [(("1h", "0s"), ("",))]),
        ("etf nav 069500", None, None),
    ],
)
def test_words_are_kinds_and_everything_else_is_a_code(
    words: str,
    account: tuple[str, ...] | None,
    market: list[tuple[tuple[str, ...], tuple[str, ...]]] | None,
) -> None:
    houses = {"kiwoom": house_of("kiwoom").live_events}
    if market is None:
        with pytest.raises(UsageError, match="kind of event"):
            stream_words.wanted(words.split(), houses)
        return
    wanted = stream_words.wanted(words.split(), houses)["kiwoom"]
    assert (wanted.account.types if wanted.account else None) == account
    assert [tuple(request) for request in wanted.market] == market


@pytest.mark.parametrize("house", NAMES)
def test_every_name_of_a_kind_is_its_own(house: str) -> None:
    kinds = house_of(house).live_events.kinds
    names = [n for kind in kinds for n in {kind.type, *kind.also, kind.word, kind.name}]
    assert len(set(names)) == len(names)


def test_pauses_grow_until_a_connection_stood_for_long() -> None:
    comeback, pause, pauses = Return(), None, []
    for _ in range(9):
        pause = comeback.pause(pause, stood=5)
        pauses.append(pause)
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert comeback.pause(pause, stood=0) == 30
    assert comeback.pause(pause, stood=61) == 0.5
    assert [comeback.spread(4, chance) for chance in (0, 1)] == [2, 4]


def test_a_house_that_blocks_whoever_comes_too_often_is_given_longer_pauses() -> None:
    pause, pauses = None, []
    for _ in range(6):
        pause = COMEBACK.pause(pause, stood=5)
        pauses.append(pause)
    assert pauses == [5, 10, 20, 40, 60, 60]
    assert [COMEBACK.spread(10, chance) for chance in (0, 1)] == [10, 15]


def test_what_stands_for_nothing_is_none() -> None:
    values = {"901": "0", "904": "0000000", "919": "0", "923": "00000000", "911": "", "913": "확인"}
    named = events.named(RawEvent("00", "", {**values, "9203": "12"}, NOON))
    assert not named.unreadable
    assert named.fields == {
        "order_price": None,
        "original_order_id": None,
        "reject_reason": None,
        "loan_date": None,
        "filled_quantity": None,
        "status": "confirmed",
        "broker_order_id": "0000012",
    }
