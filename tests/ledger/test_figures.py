"""The figures for the risk checks, and what is kept beside orders."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.orders import Fill, State
from kiwoomctl.ledger import Ledger, Outcome
from tests.ledger.samples import (
    ACCOUNT,
    DAY,
    HYNIX,
    OTHER,
    START,
    SetClock,
    accepted,
    prepare,
    send,
    snapshot_of,
    terms,
    wish,
)


def test_daily_counts_every_buy_that_may_exist(ledger: Ledger) -> None:
    send(ledger, wish(value=100), accepted("1"))
    send(ledger, wish(value=1, account=OTHER), Outcome(State.UNKNOWN))
    send(ledger, wish(terms("sell"), value=5000), accepted("2"))
    send(ledger, wish(value=5000), Outcome(State.REJECTED))
    send(ledger, wish(value=5000), Outcome(State.NOT_SENT))
    send(ledger, wish(value=5000, day=DAY - timedelta(days=1)), accepted("1"))
    send(ledger, wish(terms("cancel")), accepted("3"))
    prepare(ledger, wish(value=10, account=OTHER._replace(number="3")))
    seen = snapshot_of(ledger, wish())
    assert (seen.daily_account, seen.daily_all) == (100, 111)


def test_daily_counts_a_chain_of_modifications_once(ledger: Ledger) -> None:
    send(ledger, wish(value=100), accepted("1"))
    send(ledger, wish(value=1), accepted("2"))
    first = Outcome(State.ACCEPTED, number="3", root="1")
    send(ledger, wish(terms("modify", target="1"), value=130), first)
    assert snapshot_of(ledger, wish()).daily_account == 131
    again = wish(terms("modify", target="0000003"))
    assert snapshot_of(ledger, again).daily_account == 1
    assert snapshot_of(ledger, again._replace(account=OTHER)).daily_all == 131


def test_counts_by_minute_and_day(ledger: Ledger, clock: SetClock) -> None:
    send(ledger, wish(), accepted("1"))
    clock.sleep(61)
    send(ledger, wish(), Outcome(State.NOT_SENT))
    send(ledger, wish(terms("cancel")), accepted("2"))
    send(ledger, wish(account=OTHER), accepted("2"))
    seen = snapshot_of(ledger, wish())
    assert (seen.orders_last_minute, seen.orders_today) == (1, 2)
    assert seen.bought_lately == 0


def test_time_for_windows_never_runs_backwards(ledger: Ledger, clock: SetClock) -> None:
    send(ledger, wish(), accepted("1"))
    clock.moment -= timedelta(days=2)
    send(ledger, wish(), accepted("2"))
    seen = snapshot_of(ledger, wish())
    assert seen.now == ledger.now() == START
    assert (seen.orders_last_minute, len(seen.duplicates)) == (2, 2)
    assert seen.bought_lately == 1_400_000
    newest = ledger.newest(1)[0]
    assert (newest.created_at, newest.sent_at) == (START, clock.moment)


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (terms(), 1),
        (terms(price=Decimal("70000.00")), 1),
        (terms("modify", price=Decimal(70000)), 1),
        (terms(price=Decimal(70100)), 0),
        (terms(quantity=11), 0),
        (terms("sell"), 0),
        (terms(symbol=HYNIX), 0),
        (terms(price=None), 0),
    ],
)
def test_duplicates(ledger: Ledger, clock: SetClock, other: object, found: int) -> None:
    send(ledger, wish(), accepted("1"))
    clock.sleep(120)
    assert len(snapshot_of(ledger, wish(other)).duplicates) == found  # type: ignore[arg-type]
    clock.sleep(1)
    assert snapshot_of(ledger, wish()).duplicates == ()


def test_opposite_orders_over_all_accounts(ledger: Ledger) -> None:
    sold = send(ledger, wish(terms("sell"), account=OTHER), accepted("1"))
    send(ledger, wish(terms("sell"), account=OTHER), Outcome(State.REJECTED))
    send(ledger, wish(terms("sell", HYNIX)), accepted("1"))
    send(ledger, wish(terms("sell"), day=DAY - timedelta(days=1)), accepted("1"))
    assert snapshot_of(ledger, wish()).opposite == (sold,)


def fill(quantity: int, fill_id: str | None = None, commission: int | None = None) -> Fill:
    return Fill(
        number="5",
        fill_id=fill_id,
        symbol=Symbol("005930"),
        name="삼성전자",
        side="buy",
        quantity=quantity,
        price=Decimal("70000.5"),
        amount=Decimal(70000) * quantity,
        commission=None if commission is None else Decimal(commission),
        tax=None,
        filled_at=START,
    )


def test_fills_are_stored_once(ledger: Ledger) -> None:
    assert ledger.store_fills(ACCOUNT, DAY, [fill(1), fill(3), fill(2, "a")]) == 3
    assert ledger.store_fills(ACCOUNT, DAY, [fill(1), fill(3), fill(2, "a")]) == 0
    assert ledger.store_fills(ACCOUNT, DAY, [fill(3, commission=10)]) == 1
    assert ledger.store_fills(OTHER, DAY, [fill(3)]) == 1
    best = [found for _, found in ledger.fills(DAY, ACCOUNT)]
    assert sorted(best, key=lambda one: one.quantity) == [fill(2, "a"), fill(3, commission=10)]
    assert len(ledger.fills(DAY)) == 3
    assert best[0].aggregated != best[1].aggregated


def test_notices_are_stored_once(ledger: Ledger) -> None:
    for _ in range(2):
        ledger.store_notice(ACCOUNT, DAY, "0000005", {"913": "접수"})
    (found,) = ledger.notices(ACCOUNT, DAY)
    assert (found.number, found.body, found.received_at) == ("5", {"913": "접수"}, START)


def test_nothing_new_writes_nothing(ledger: Ledger) -> None:
    send(ledger, wish(client_id="a"), accepted("1"))
    before = ledger._head()  # noqa: SLF001
    assert prepare(ledger, wish(client_id="a")).replayed
    ledger.store_fills(ACCOUNT, DAY, [])
    ledger.adopt(ACCOUNT)
    assert ledger._head() == before  # noqa: SLF001
