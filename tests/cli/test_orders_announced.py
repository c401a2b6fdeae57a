"""Orders that were announced while somebody watched: evidence that they exist, never that not."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from kiwoomctl.domain.identity import AccountId, Symbol
from kiwoomctl.domain.live import OrderNotice
from kiwoomctl.domain.orders import OrderType
from kiwoomctl.ledger import Ledger
from kiwoomctl.services.orders import announcements
from tests.cli import ordering
from tests.cli.ordering import CODE, QUICK, Desk, Room, the_row

LONG = 80_000
"""Seconds that a list lags behind: past the end of any test."""


@pytest.fixture(scope="module")
def served() -> Iterator[Room]:
    with ordering.room(accounts=2) as room:
        yield room


@pytest.fixture
def desk(served: Room, own_home: Path) -> Desk:
    return served.desk(own_home)


class Heard:
    """An account whose announcements are written down, as a watch does it."""

    def __init__(self, desk: Desk) -> None:
        book = desk.book()
        self._number, self._ledger = book.accounts[0], book.open()

    def pinned_id(self) -> AccountId:
        return self._number

    def has_ledger(self) -> bool:
        return True

    def ledger(self) -> Ledger:
        return self._ledger

    def hear(self, desk: Desk, number: str, **changes: object) -> None:
        told = OrderNotice(
            number=number.lstrip("0"),
            original=None,
            symbol=Symbol(CODE),
            name="",
            side="buy",
            status="received",
            quantity=3,
            price=Decimal(desk.low),
            remaining_quantity=3,
            filled_quantity=None,
            fill_id=None,
            fill_quantity=None,
            fill_price=None,
            fill_amount=None,
            reason=None,
            time=f"{desk.now:%H%M%S}",
            received_at=desk.now,
            type=OrderType.LIMIT,
        )
        with self._ledger:
            announcements.keep(self, told._replace(**changes))  # type: ignore[arg-type]  # only what it uses


def lost_and_unlisted(desk: Desk) -> str:
    """Send an order whose reply is lost and that no list shows; return its number."""
    desk.fault("list_lag", seconds=LONG, count=1)
    desk.fault("drop", when="after", count=1)
    ran = desk.buy(*QUICK)
    assert (ran.code, desk.states()[-1]) == (5, "UNKNOWN"), ran.err
    return str(desk.orders("kt10000")[-1]["ord_no"])


def test_an_announced_order_is_found_although_no_list_shows_it(desk: Desk) -> None:
    number = lost_and_unlisted(desk)
    assert desk.order("resolve", *QUICK).code == 5
    Heard(desk).hear(desk, number)
    ran = desk.order("resolve", *QUICK)
    assert (ran.code, the_row(ran)["broker_order_id"]) == (0, number), ran.err
    assert desk.states() == ["MATCHED"]
    assert desk.sent() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"quantity": 4},
        {"side": "sell"},
        {"price": Decimal(1)},
        {"symbol": Symbol("005930")},
        {"original": "12"},
        {"type": OrderType.CONDITIONAL},
        {"time": "085900"},
        {"status": "filled"},
        {"quantity": None},
    ],
)
def test_an_announcement_that_is_not_alike_finds_nothing(
    desk: Desk, change: dict[str, object]
) -> None:
    number = lost_and_unlisted(desk)
    Heard(desk).hear(desk, number, **change)
    assert desk.order("resolve", *QUICK).code == 5
    assert desk.states() == ["UNKNOWN"]


def test_a_type_that_was_not_told_is_a_persons_to_judge(desk: Desk) -> None:
    number = lost_and_unlisted(desk)
    Heard(desk).hear(desk, number, type=None)
    assert desk.order("resolve", *QUICK).code == 5
    assert desk.states() == ["AMBIGUOUS"]


def test_the_lists_go_before_what_was_heard(desk: Desk) -> None:
    # The list says that another program placed it; the announcement has no channel.
    desk.fault("drop", when="before", count=1)
    assert desk.buy(*QUICK).code == 5
    stranger = desk.foreign(channel="영웅문4")
    Heard(desk).hear(desk, stranger)
    assert desk.order("resolve", *QUICK).code == 5
    assert desk.states() == ["UNKNOWN"]


def test_silence_proves_nothing(desk: Desk) -> None:
    lost_and_unlisted(desk)
    Heard(desk)
    assert desk.order("resolve", *QUICK).code == 5
    assert desk.states() == ["UNKNOWN"]


def test_an_announcement_is_kept_once(desk: Desk) -> None:
    number = lost_and_unlisted(desk)
    for _ in range(2):
        Heard(desk).hear(desk, number)
    with desk.book().open() as ledger:
        assert len(ledger.notices(desk.book().accounts[0], desk.now.date())) == 1
