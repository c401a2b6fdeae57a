"""What was filled is counted once, whatever of it came, in whatever order."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.live import Gap, OrderNotice
from kiwoomctl.domain.orders import BrokerOrder, OrderType
from tests.live.tally import LiveFills, NewFill

NOON = datetime(2026, 10, 1, 12, 0, tzinfo=KST)
SAMSUNG = Symbol("005930")
PRICE = 70_000


def notice(number: str, filled: int | None, at: datetime = NOON) -> OrderNotice:
    return OrderNotice(
        number=number,
        original=None,
        symbol=SAMSUNG,
        name="삼성전자",
        side="buy",
        status="filled" if filled is None or filled else "received",
        quantity=100,
        price=Decimal(PRICE),
        remaining_quantity=None if filled is None else 100 - filled,
        filled_quantity=filled,
        fill_id=None,
        fill_quantity=1,
        fill_price=Decimal(PRICE),
        fill_amount=None if filled is None else Decimal(PRICE * filled),
        reason=None,
        time="120000",
        received_at=at,
    )


def order(number: str, filled: int) -> BrokerOrder:
    return BrokerOrder(
        number=number,
        original=None,
        symbol=SAMSUNG,
        name="삼성전자",
        side="buy",
        type=OrderType.LIMIT,
        quantity=100,
        price=Decimal(PRICE),
        stop_price=None,
        filled_quantity=filled,
        remaining_quantity=100 - filled,
        average_fill_price=Decimal(PRICE) if filled else None,
        exchange="KRX",
        channel=None,
        ordered_at=None,
        status="partial" if filled else "open",
    )


HAPPENINGS = st.lists(
    st.tuples(st.sampled_from(["1", "2"]), st.sampled_from(["told", "lost", "late"]), st.booleans())
)


@given(HAPPENINGS)
def test_no_fill_is_lost_and_none_counted_twice(
    happenings: list[tuple[str, str, bool]],
) -> None:
    fills, true, counted, late = LiveFills(), {"1": 0, "2": 0}, {"1": 0, "2": 0}, []
    amount = Decimal(0)

    def count(new: NewFill | None) -> None:
        nonlocal amount
        if new is not None:
            assert new.quantity > 0
            counted[new.number] += new.quantity
            amount += new.amount or 0

    def read() -> None:
        for new in fills.read([order(n, filled) for n, filled in true.items()], NOON):
            count(new)

    for number, how, reads in happenings:
        true[number] += 1
        arrived = [notice(number, true[number])]
        if how == "late":
            late += arrived
        elif how == "told":
            for one in [*arrived, *late]:
                count(fills.event(one))
            late = []
        if reads:
            read()
        assert all(counted[n] <= true[n] for n in true)
    fills.event(Gap(NOON, NOON))
    assert fills.needs_read
    read()
    assert counted == true
    assert amount == PRICE * sum(true.values())
    assert not fills.needs_read


def test_what_is_filled_of_a_new_day_begins_at_nothing() -> None:
    fills = LiveFills()
    fills.read([order("31", 5)], NOON)
    new = fills.event(notice("31", 2, NOON + timedelta(days=1)))
    assert new is not None
    assert new.quantity == 2
    assert new.price == PRICE


def test_a_fill_that_does_not_say_how_much_asks_for_a_read() -> None:
    fills = LiveFills()
    fills.read([], NOON)
    assert fills.event(notice("1", None)) is None
    assert fills.needs_read


def test_dropped_quotes_are_no_reason_to_read() -> None:
    fills = LiveFills()
    fills.read([], NOON)
    fills.event(Gap(NOON, NOON, dropped=7))
    assert not fills.needs_read
