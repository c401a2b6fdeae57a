"""Compare the simulator's own record of orders with what the ledger says of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kiwoomctl.domain.clock import SystemClock
from kiwoomctl.domain.orders import State
from kiwoomctl.ledger import Attempt, Ledger
from tests.campaign.houses import HOUSES
from tests.campaign.report import Run

MANY: Final = 1_000_000
OPEN: Final = frozenset({State.SENDING, State.UNKNOWN, State.AMBIGUOUS})
NUMBERED: Final = frozenset({State.ACCEPTED, State.MATCHED})

Body = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Placed:
    """An order as the simulator recorded it."""

    account: str
    number: str
    """Without leading zeros."""
    day: str
    body: Body
    foreign: bool
    """Whether another program placed it, through whatever channel."""
    hidden: bool = False

    @property
    def key(self) -> tuple[str, Body]:
        return self.account, self.body


def as_body(request: Mapping[str, Any] | None) -> Body:
    return tuple(sorted((request or {}).items()))


def recorded(state: Mapping[str, Any]) -> list[Placed]:
    """Return every order of the record, oldest first, its request as the journal has it."""
    accounts = {row["appkey"]: row["account"] for row in state["accounts"]}
    houses = {api_id: house for house in HOUSES.values() for api_id in house.orders}
    return [
        Placed(
            account=accounts[order["appkey"]],
            number=order["ord_no"].lstrip("0"),
            day=order["trading_day"],
            body=as_body(houses[order["api_id"]].body_of(order["body"])),
            # What the control plane was told has the key in it; an order's request never has.
            foreign="appkey" in order["body"],
        )
        for order in state["orders"]
    ]


def open_ledger(folder: Path) -> Ledger:
    """Return the ledger of a home, made where there is none."""
    return Ledger.open(folder, SystemClock())


def attempts_of(folder: Path) -> tuple[Attempt, ...]:
    """Return every attempt of a ledger, oldest first."""
    with open_ledger(folder) as ledger:
        return tuple(reversed(ledger.newest(MANY)))


def attempts_in(ledger: Ledger) -> tuple[Attempt, ...]:
    return tuple(reversed(ledger.newest(MANY)))


@dataclass
class Findings:
    """What is wrong, by kind; each names the order."""

    lost: list[str]
    """The broker has an order that the ledger knows nothing of."""
    doubled: list[str]
    """The broker has more orders of a wish than were asked for."""
    wrong: list[str]
    """The ledger is sure of something that is not so."""
    unfound: list[str]
    """The ledger holds the order open although it exists."""

    def tell(self, run: Run) -> None:
        for counter in ("lost", "doubled", "wrong", "unfound"):
            for what in getattr(self, counter):
                run.fail(counter, what)


def compare(
    placed: Sequence[Placed],
    attempts: Iterable[Attempt],
    wishes: Mapping[tuple[str, Body], int] | None = None,
    names: Mapping[tuple[str, Body], str] | None = None,
) -> Findings:
    """Return what does not agree.

    Args:
        placed: the simulator's record.
        attempts: the ledger's.
        wishes: how often an order of this account and body was asked for; once where not told.
        names: what to call the case of an account and body.
    """
    found = Findings([], [], [], [])
    told = names or {}
    attempts = tuple(attempts)
    owners = {
        (a.intent.account.number, a.intent.trading_day.isoformat(), a.number): a
        for a in attempts
        if a.number is not None
    }
    waiting = Counter(
        (a.intent.account.number, as_body(a.request))
        for a in attempts
        if a.state in OPEN and a.sends
    )
    existing = {(order.account, order.day, order.number): order for order in placed}
    for order in placed:
        if order.foreign:
            continue
        case = told.get(order.key, "")
        owner = owners.get((order.account, order.day, order.number))
        if owner is not None:
            if as_body(owner.request) != order.body:
                found.wrong.append(f"{case} {owner.id} claims {order}")
        elif waiting[order.key] > 0:
            waiting[order.key] -= 1
            found.unfound.append(f"{case} {order.account} {order.number}")
        else:
            found.lost.append(f"{case} {order}: {_states(order, attempts)}")
    for key, attempt in owners.items():
        match = existing.get(key)
        if match is None:
            found.wrong.append(f"{attempt.id} claims {attempt.number}, which is no order")
        elif match.foreign:
            found.wrong.append(f"{attempt.id} claims {match.number}, which others placed")
    found.doubled += _doubled(placed, wishes or {}, told)
    return found


def _doubled(
    placed: Iterable[Placed],
    wishes: Mapping[tuple[str, Body], int],
    names: Mapping[tuple[str, Body], str],
) -> list[str]:
    counted = Counter(order.key for order in placed if not order.foreign)
    return [
        f"{names.get(wish, '')} {wish}: {number} orders"
        for wish, number in counted.items()
        if number > wishes.get(wish, 1)
    ]


def _states(order: Placed, attempts: Iterable[Attempt]) -> str:
    own = [a for a in attempts if (a.intent.account.number, as_body(a.request)) == order.key]
    return ", ".join(f"{a.id} {a.state.value} {a.outcome_code}" for a in own) or "no row"


def check_ledger(run: Run, folder: Path) -> None:
    """Fail the row where the ledger breaks one of its own promises."""
    if not Ledger.exists(folder):
        return
    with open_ledger(folder) as ledger:
        for violation in ledger.invariants():
            run.fail("violated", violation)
