"""The pure parts of KIS's live feed: the cipher, records of any width, what a notice comes to."""

from __future__ import annotations

import itertools
import json
import string
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiwoomctl.brokers.kis.live import events
from kiwoomctl.brokers.kis.live.cipher import decrypted
from kiwoomctl.brokers.kis.live.kinds import NOTICE, TRADE
from kiwoomctl.brokers.kis.live.records import (
    NOTICE_FIELDS,
    OLD_NOTICE_FIELDS,
    TRADE_FIELDS,
    texts_of,
)
from kiwoomctl.brokers.kis.live.session import KisSession, Records
from kiwoomctl.brokers.live.inbox import Element
from kiwoomctl.brokers.live.patience import Patience
from kiwoomctl.domain.clock import KST, SystemClock
from kiwoomctl.domain.live import LiveEvent, OrderNotice, RawEvent, Trade
from kiwoomctl.domain.orders import OrderType
from kiwoomctl.errors import Phrase
from kiwoomctl.simulator.kis.cipher import encrypted

NOON = datetime(2026, 10, 1, 12, 0, tzinfo=KST)
KEY, IV = "abcdefghijklmnopabcdefghijklmnop", "0123456789abcdef"
PLAIN = (
    "MYHTS01^1234567801^0000002891^^02^0^00^0^005930^0000000001^000070000^094941^0^2^2^06010^"
    "000000001^TESTER^000000000^1^N^^10^^TESTCO^000000000"
)
SECRET = (
    "N54YXYsa5NlRgtUtzSzN9g/GXCOHF8ezziEKuFdj4zUck85Bu5UCh5r+fJI9+PRMTVQG1FWkVNhkOX1Bj53l/gkL"
    "AZ2+PPhqgUCRWvy4jyBQb2f0pazZACzOfCDNH8Vzk1uuNPb6Y+rGOBHImBqv/GlHXS9VUO3QCPBoCYz99nr86rQE"
    "xSFTGczxRDR4EP8+"
)
HEAD = ("005930", "093354", "71900", "5", "-100", "-0.14", "72023.83")
FIELD = st.text(st.characters(exclude_characters="^|", exclude_categories=["Cs"]), max_size=8)


def trade_record(*head: str, width: int = len(TRADE_FIELDS)) -> list[str]:
    return [*head, *[""] * (width - len(head))]


def read(kind: str, record: Sequence[str] | Phrase) -> LiveEvent:
    return events.read(Element(kind, "", record, NOON, from_market=kind == TRADE))


def notice(**changes: str) -> OrderNotice:
    """Return what a notice says that is the one above but for these fields."""
    texts = texts_of(NOTICE, PLAIN.split("^"))
    assert texts is not None
    assert not set(changes) - set(texts)
    event = read(NOTICE, [*{**texts, **changes}.values()])
    assert isinstance(event, OrderNotice), event
    return event


class _Line:
    """A line on which these texts come."""

    def __init__(self, *texts: str) -> None:
        self._texts = list(texts)
        self.sent: list[str] = []

    def send(self, text: str) -> None:
        self.sent.append(text)

    def recv(self, timeout: float) -> str:
        del timeout
        if not self._texts:
            raise ConnectionError("over")
        return self._texts.pop(0)

    def close(self) -> None:
        pass


def received(*texts: str) -> tuple[list[tuple[str, Records]], list[str], list[str]]:
    """Return the records, the odd frames and the answers of a session on which these came."""
    records: list[tuple[str, Records]] = []
    odd: list[str] = []
    line = _Line(*texts)
    session = KisSession(
        line,
        SystemClock(),
        Patience(),
        "approval",
        lambda tr_id, found, _at: records.append((tr_id, found)),
        odd.append,
    )
    assert session.ended.wait(5)
    return records, odd, line.sent


def acknowledged(tr_id: str, tr_key: str) -> str:
    header = {"tr_id": tr_id, "tr_key": tr_key, "encrypt": "N"}
    body = {"rt_cd": "0", "msg_cd": "OPSP0000", "output": {"iv": IV, "key": KEY}}
    return json.dumps({"header": header, "body": body})


def test_what_was_encrypted_elsewhere_is_read() -> None:
    assert decrypted(SECRET, KEY, IV) == PLAIN
    told = notice()
    assert (told.number, told.original, told.symbol, told.name) == (
        "2891",
        None,
        "005930",
        "TESTCO",
    )
    assert (told.side, told.status, told.type) == ("buy", "filled", OrderType.LIMIT)
    assert (told.quantity, told.fill_quantity, told.filled_quantity) == (1, 1, 1)
    assert (told.fill_price, told.price) == (Decimal(70_000), None)
    assert (told.fill_amount, told.remaining_quantity) == (Decimal(70_000), 0)
    assert (told.time, told.change, told.fill_id) == ("094941", None, None)


@given(st.text(max_size=200))
def test_every_text_comes_back_from_the_cipher(text: str) -> None:
    assert decrypted(encrypted(text, KEY, IV), KEY, IV) == text


@given(st.text(string.ascii_letters + string.digits + "+/=", max_size=80), st.booleans())
def test_what_cannot_be_decrypted_is_a_value_error_or_a_text(text: str, with_odd_key: bool) -> None:
    try:
        told = decrypted(text, "short" if with_odd_key else KEY, IV)
    except ValueError:
        return
    assert isinstance(told, str)


def test_the_head_of_a_trade() -> None:
    told = read(TRADE, trade_record(*HEAD))
    assert isinstance(told, Trade)
    assert (told.symbol, told.price, told.change) == ("005930", Decimal(71_900), Decimal(-100))
    assert (told.change_rate, told.volume, told.time) == (Decimal("-0.14"), None, "093354")


@given(
    st.integers(1, 6),
    st.integers(len(TRADE_FIELDS), len(TRADE_FIELDS) + 3),
    st.lists(FIELD, min_size=1, max_size=9),
)
def test_records_are_told_apart_by_their_count(count: int, width: int, texts: list[str]) -> None:
    drawn = itertools.cycle(texts)
    sent = [list(itertools.islice(drawn, width)) for _ in range(count)]
    payload = "^".join("^".join(record) for record in sent)
    records, odd, _ = received(f"0|{TRADE}|{count:03d}|{payload}")
    assert (records, odd) == ([(TRADE, sent)], [])


@given(st.lists(FIELD, min_size=1, max_size=120), st.sampled_from([TRADE, NOTICE, "H0STASP0"]))
def test_no_record_ends_the_reading(record: list[str], kind: str) -> None:
    event = read(kind, record)
    assert isinstance(event, Trade | OrderNotice) or event.trouble is not None  # type: ignore[union-attr]
    raw = events.raw(Element(kind, "", record, NOON, from_market=False))
    named = events.named(raw)
    assert set(named.unreadable) <= {*named.fields, "told_quantity", "told_price"}
    json.dumps(dict(named.unreadable))


@given(st.lists(FIELD, min_size=26, max_size=26))
def test_a_notice_of_any_texts_has_the_same_names(record: list[str]) -> None:
    named = events.named(events.raw(Element(NOTICE, "", record, NOON, from_market=False)))
    assert {"status", "fill_quantity", "filled_quantity", "remaining_quantity"} <= set(named.fields)
    assert set(named.fields) <= events.FIELD_NAMES


@pytest.mark.parametrize("width", [1, 10, 22, 24, 25, 27, 52])
def test_a_notice_of_a_width_nobody_knows_is_not_guessed_at(width: int) -> None:
    event = read(NOTICE, ["1234567801"] * width)
    assert isinstance(event, RawEvent)
    assert event.trouble is not None
    assert event.of_account
    assert "1234567801" not in str(event)


def test_the_old_form_lacks_three_fields_in_the_middle() -> None:
    texts = dict(zip([f.wire_name for f in NOTICE_FIELDS], PLAIN.split("^"), strict=True))
    old = [texts[field.wire_name] for field in OLD_NOTICE_FIELDS]
    assert len(old) == 23
    told = read(NOTICE, old)
    assert isinstance(told, OrderNotice)
    assert (told.name, told.fill_quantity, told.fill_price) == ("TESTCO", 1, Decimal(70_000))


@pytest.mark.parametrize(
    ("changes", "status", "figures"),
    [
        ({"CNTG_YN": "1", "ACPT_YN": "1"}, "received", (5, 5, None, None)),
        ({"CNTG_YN": "1", "ACPT_YN": "1", "ODER_QTY": ""}, "received", (7, 7, None, None)),
        ({"CNTG_YN": "1", "ACPT_YN": "2", "RCTF_CLS": "1"}, "confirmed", (5, 5, None, None)),
        ({"CNTG_YN": "1", "ACPT_YN": "2", "RCTF_CLS": "2"}, "confirmed", (5, None, None, None)),
        ({"CNTG_YN": "1", "ACPT_YN": "3"}, "cancelled", (5, 0, None, None)),
        ({"CNTG_YN": "1", "RFUS_YN": "1"}, "rejected", (5, 0, None, None)),
        ({"CNTG_YN": "2", "CNTG_QTY": "2"}, "filled", (5, None, None, 2)),
        ({"CNTG_YN": "2", "CNTG_QTY": "5"}, "filled", (5, 0, 5, 5)),
        ({"CNTG_YN": "2", "ODER_QTY": ""}, "filled", (None, None, None, 7)),
        ({"CNTG_YN": "1", "ACPT_YN": ""}, "unknown", (5, None, None, None)),
    ],
)
def test_a_running_figure_is_told_only_where_there_is_no_doubt(
    changes: dict[str, str], status: str, figures: tuple[int | None, ...]
) -> None:
    told = notice(**{"ODER_QTY": "000000005", "CNTG_QTY": "0000000007", **changes})
    assert told.status == status
    assert figures == (
        told.quantity,
        told.remaining_quantity,
        told.filled_quantity,
        told.fill_quantity,
    )


@given(st.text(max_size=40).filter(lambda text: not text.lstrip().startswith("{")))
def test_a_frame_of_nothing_known_is_odd_and_ends_nothing(text: str) -> None:
    records, odd, _ = received(text, f"0|{TRADE}|001|{'^'.join(trade_record(*HEAD))}")
    assert records[-1] == (TRADE, [trade_record(*HEAD)])
    assert len(records) + len(odd) == 2


@pytest.mark.parametrize(
    ("frames", "trouble"),
    [
        ((f"1|{NOTICE}|001|{SECRET}",), "no key came"),
        ((acknowledged(NOTICE, "ME"), f"1|{NOTICE}|001|{SECRET[:-4]}"), "cannot be decrypted"),
        ((acknowledged(NOTICE, "ME"), f"1|{NOTICE}|003|{SECRET}"), "26 fields"),
        ((f"0|{TRADE}|002|{'^'.join(trade_record(*HEAD, width=47))}",), "47 fields"),
    ],
)
def test_records_that_cannot_be_had_say_why(frames: tuple[str, ...], trouble: str) -> None:
    records, odd, _ = received(*frames)
    ((_, (problem,)),) = records
    assert isinstance(problem, Phrase)
    assert trouble in str(problem)
    assert odd == []


def test_a_heartbeat_goes_back_as_it_came() -> None:
    beat = '{"header":{"tr_id":"PINGPONG","datetime":"20261001120000"}}'
    records, odd, sent = received(beat, acknowledged(NOTICE, "ME"), f"1|{NOTICE}|001|{SECRET}")
    assert (sent, odd) == ([beat], [])
    assert records == [(NOTICE, [PLAIN.split("^")])]


@pytest.mark.parametrize("frame", ["{", '{"header":1}', '{"body":{}}', "{}", '["a"]', "null", ""])
def test_json_that_is_no_answer_is_odd(frame: str) -> None:
    _, odd, _ = received(frame)
    assert len(odd) == 1


def test_every_figure_of_a_trade_has_a_name_of_its_own() -> None:
    names: list[Any] = [field.name for field in TRADE_FIELDS]
    assert len(names) == len(set(names)) == 46
    assert len(NOTICE_FIELDS) == len({field.name for field in NOTICE_FIELDS}) == 26
