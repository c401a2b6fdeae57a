"""An order that the live feed announced is evidence: at every house, over its own feed."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from kiwoomctl.context import Options, Session
from kiwoomctl.domain.live import OrderNotice
from kiwoomctl.services.orders import announcements
from tests.cli.ordering import QUICK, Desk, the_row
from tests.contract.houses import House
from tests.live.conftest import Feed, next_of

LONG = 80_000
"""Seconds that a list lags behind: past the end of any test."""


def lose(
    desk: Desk, house: House, *more: str, heard_as: dict[str, Any] | None = None
) -> OrderNotice:
    """Send an order whose reply is lost and that no list shows; return its announcement."""
    account = Session(Options(profiles=("sim-001",)), desk.environ, "test").accounts()[0]
    with closing(account), closing(account.live()) as feed:
        assert isinstance(feed, Feed)
        feed.watch_account()
        desk.fault("list_lag", house.buy, seconds=LONG, count=1)
        desk.fault("drop", house.buy, when="after", count=1)
        ran = desk.buy(*QUICK, *more)
        assert (ran.code, desk.states()) == (5, ["UNKNOWN"]), ran.err
        notice = next_of(feed, OrderNotice)
        assert desk.order("resolve", *QUICK).code == 5
        with account.ledger():
            announcements.keep(account, notice._replace(**(heard_as or {})))
    return notice


def test_an_announced_order_is_found_although_no_list_shows_it(desk: Desk, house: House) -> None:
    notice = lose(desk, house)
    ran = desk.order("resolve", *QUICK)
    assert ran.code == 0, ran.err
    assert str(the_row(ran)["broker_order_id"]).lstrip("0") == notice.number
    assert desk.states() == ["MATCHED"]
    assert desk.sent(*house.orders) == 1


def test_an_announcement_says_nothing_of_exchange_and_channel(desk: Desk, house: House) -> None:
    lose(desk, house, "--exchange", "KRX" if house.env == "mock" else "SOR")
    ran = desk.order("resolve", *QUICK)
    assert (ran.code, desk.states()) == (0, ["MATCHED"]), ran.err


def test_an_announced_order_that_is_not_alike_finds_nothing(desk: Desk, house: House) -> None:
    lose(desk, house, heard_as={"quantity": 4})
    ran = desk.order("resolve", *QUICK)
    assert (ran.code, desk.states()) == (5, ["UNKNOWN"]), ran.err
