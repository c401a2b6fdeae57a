"""Orders that are taken late, listed late, and others that look the same; until after the close.

The command runs with its settle window, then ``resolve`` again and again over the day, then in
the evening twice a minute apart, when absence may become final. Each verdict is compared with
the simulator's record. A wrong match is counted apart where it is the one that is stated: another
program placed the identical order over REST in the window, and ours did not show.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final

from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.orders import OrderType, State
from kiwoomctl.ledger import Attempt
from kiwoomctl.services.orders.order_terms import Wish
from tests.campaign import children, deeds, embedded, world
from tests.campaign.embedded import World
from tests.campaign.houses import KIWOOM, House
from tests.campaign.report import Run

TITLE = "late acceptance 0-600 s x list lag 0-600 s x foreign identical orders"
QUICK = 160
DEFECTIVE: Final = 0.1
"""How often the mock server serves the list of the day empty."""
NEVER: Final = -1.0
LATE: Final = (0.0, 1, 4, 9, 14, 16, 29, 31, 59, 61, 119, 121, 301, 599, 600, NEVER, NEVER, NEVER)
LAG: Final = (0.0, 1, 5, 9, 16, 31, 59, 61, 121, 301, 600)
REST: Final = "REST API"
HTS: Final = "영웅문4"
WINDOW: Final = (timedelta(seconds=-10), timedelta(minutes=15))
"""From when to when, seen from the send, another program's order can be mistaken for ours."""
LOOKS: Final = (2, 20, 45, 75, 130, 320, 610, 700, 1200, 1300)
"""Seconds after the command at which ``resolve`` looks."""
EVENING: Final = datetime(2026, 10, 2, 20, 30, 5, tzinfo=KST)


@dataclass(frozen=True)
class Foreign:
    """An order of another program that looks like ours."""

    at: float
    """Seconds after the send; before it where negative."""
    channel: str = REST
    hidden: int = 0
    """Seconds that no list shows it."""
    quantity: int = 0
    """Shares more than ours."""


FOREIGN: Final[dict[str, tuple[Foreign, ...]]] = {
    "none": (),
    "before, seen": (Foreign(-300),),
    "just before, seen": (Foreign(-2),),
    "just before, hidden": (Foreign(-2, hidden=30),),
    "long before, hidden": (Foreign(-60, hidden=90),),
    "another channel": (Foreign(1, HTS), Foreign(30, "웹"), Foreign(400, "영웅문S#")),
    "another quantity": (Foreign(1, quantity=1), Foreign(100, quantity=2)),
    "REST at once": (Foreign(0.5),),
    "REST in the window": (Foreign(40),),
    "REST, hidden": (Foreign(10, hidden=200),),
    "REST late in the window": (Foreign(590),),
    "REST twice": (Foreign(3), Foreign(140)),
    "REST after the window": (Foreign(16 * 60),),
    "both channels": (Foreign(2, HTS), Foreign(20)),
}
FATES: Final = ("rests", "filled", "cancelled", "modified")


@dataclass(frozen=True)
class Case:
    """One day."""

    late: float
    lag: float
    foreign: str
    action: str
    settle: float
    ahead: float
    """Seconds that our clock is ahead of the broker's."""
    fate: str
    defective: bool
    """Whether the mock server serves the list of the day empty."""


def run(row: Run) -> None:
    """Live through all days, or some."""
    row.watch(
        "matched", "ambiguous", "absent", "wrong absent", "wrong matches as stated",
        "wrong matches", "unsettled", "violated",
    )  # fmt: skip
    row.total = len(cases(row))
    children.side_by_side(row, row.scale.lanes, _lane)


def cases(row: Run) -> list[Case]:
    """Return the days: everything with everything, what else there is by chance."""
    chance = row.chance("cases")
    grid = list(itertools.product(LATE, LAG, FOREIGN, (0.0, 60.0, 600.0)))
    chance.shuffle(grid)
    wanted = row.of(quick=QUICK, full=len(grid))
    return [_case(row.house, chance, *found) for found in grid[:wanted]]


def _case(
    house: House, chance: Random, late: float, lag: float, foreign: str, settle: float
) -> Case:
    defective = chance.random() < DEFECTIVE
    alone = len(house.lists) == 1
    # What is to be changed has to be in a list.
    changes = ("modify", "cancel") if foreign == "none" and not (defective and alone) else ()
    return Case(
        late=late,
        lag=lag,
        foreign=foreign,
        action=chance.choice(("buy", "buy", "sell", *changes)),
        settle=settle,
        ahead=chance.choice((0.0, 0.0, -7.0, 40.0, 3600.0, -3600.0)),
        fate=chance.choice(("rests", "rests", *FATES)),
        defective=defective,
    )


def _lane(row: Run, number: int) -> Iterator[None]:
    with world.scratch() as folder:
        for n, case in enumerate(cases(row)[number :: row.scale.lanes]):
            day = Day(row, case, embedded.make(
                folder / f"w{n}", row.house, ahead=case.ahead,
                env="mock" if case.defective and row.house is KIWOOM else None,
                begin=embedded.MORNING,
            ))  # fmt: skip
            day.live()
            day.world.close()
            row.case()
            yield


class Day:
    """One order from its send to the evening."""

    def __init__(self, row: Run, case: Case, world_: World) -> None:
        self.row = row
        self.case = case
        self.world = world_
        self.sent_at = embedded.MORNING
        code, price = deeds.cheap_codes()[3]
        self.code, self.price, self.quantity = code, price, 2
        if case.action == "sell":
            holding = world_.state()["accounts"][0]["holdings"][0]
            # Above the market, on the grid of any price.
            self.code, self.price = holding["symbol"], holding["price"] * 11 // 10 // 1000 * 1000
        self._last: State | None = None

    def live(self) -> None:
        """Send, look and look again."""
        case, clock = self.case, self.world.clock
        clock.sleep(600)
        target = self._target()
        for other in FOREIGN[case.foreign]:
            clock.plan(600 + other.at, lambda other=other: self._foreign(other))  # type: ignore[misc]  # a default argument
        clock.sleep(600)
        self.sent_at = self.world.host.exchange.clock.now()
        if case.late > 0:
            clock.plan(case.late + case.lag + 1, self._fate)
        elif case.late == 0:
            clock.plan(case.lag + 1, self._fate)
        self._ask_for_faults()
        account = self.world.accounts[0]
        trading = self.world.trading(settle=timedelta(seconds=case.settle))
        if target is None:
            trading.place([account], self._wish())
        else:
            trading.change(account, [self._wish(target)])
        self.look("the command")
        begun = clock.monotonic()
        for after in LOOKS:
            clock.sleep(begun + after - clock.monotonic())
            self.world.resolve(0.0 if after % 2 else 60.0)
            self.look(f"resolve after {after} s")
        now = self.world.host.exchange.clock.now()
        clock.sleep((EVENING - now).total_seconds())
        for again in range(3):
            self.world.resolve(0.0)
            self.look(f"evening {again}")
            clock.sleep(61)
        self.end()

    def look(self, when: str) -> None:
        """Compare what the ledger says now with what is so."""
        attempt = self.attempt()
        if attempt.state is self._last:
            return
        self._last = attempt.state
        if attempt.state is State.ABSENT:
            if self.case.late != NEVER:
                self.row.fail("wrong absent", f"{self.case} {when}")
            else:
                self.row.count("absent")
        elif attempt.state is State.AMBIGUOUS:
            self.row.count("ambiguous")
        elif attempt.state is State.MATCHED:
            self._matched(attempt, when)
        elif attempt.state is not State.UNKNOWN:
            self.row.fail("wrong matches", f"{self.case} {when}: {attempt.state}")

    def end(self) -> None:
        """At the end of the day nothing is open that could be settled."""
        attempt = self.attempt()
        # A list that is served empty proves nothing, so absence never becomes final there; nor
        # does one that has not shown any order at all, where that is said to prove nothing.
        doubted = self.world.mock or not self.row.house.empty_is_proof
        unproven = self.case.defective or (doubted and not self.world.placed())
        settled = attempt.state is not State.UNKNOWN or unproven
        if not settled:
            self.row.fail("unsettled", f"{self.case} {attempt.outcome_code}")
        for violation in self.world.ledger.invariants():
            self.row.fail("violated", f"{self.case} {violation}")

    def attempt(self) -> Attempt:
        return self.world.ledger.newest(1)[0]

    def _matched(self, attempt: Attempt, when: str) -> None:
        record = {order["ord_no"].lstrip("0"): order for order in self.world.state()["orders"]}
        found = record.get(attempt.number or "")
        if found is not None and "appkey" not in found["body"]:
            self.row.count("matched")
            return
        told = f"{self.case} {when}: {attempt.number} {found}"
        stated = found is not None and self._is_stated(found) and not self._is_ours_seen()
        if stated:
            self.row.count("wrong matches as stated")
        else:
            self.row.fail("wrong matches", told)

    def _is_stated(self, found: dict[str, Any]) -> bool:
        """Tell whether it is the identical order of another program over REST in the window."""
        since = datetime.fromisoformat(found["accepted_at"]) - self.sent_at
        return found["channel"] == self.row.house.channel and WINDOW[0] <= since <= WINDOW[1]

    def _is_ours_seen(self) -> bool:
        now = self.world.host.exchange.clock.now()
        return any(
            (order["visible_from"] is None or datetime.fromisoformat(order["visible_from"]) <= now)
            # Where the list of the day is empty, what was cancelled shows nowhere.
            and not (self.case.defective and order["status"] in {"cancelled", "modified"})
            for order in self._ours()
        )

    def _ours(self) -> Sequence[dict[str, Any]]:
        return [o for o in self.world.state()["orders"] if "appkey" not in o["body"]]

    # What the world does ----------------------------------------------------------------------

    def _ask_for_faults(self) -> None:
        case = self.case
        api_id = self.row.house.api_ids[case.action]
        ask = self.world.control
        if case.late == NEVER:
            ask("faults", api_id=api_id, mode="drop", when="before", count=1)
        elif case.late > 0:
            ask("faults", api_id=api_id, mode="late_accept", seconds=case.late, count=1)
        else:
            ask("faults", api_id=api_id, mode="drop", when="after", count=1)
        if case.lag and case.late != NEVER:
            ask("faults", api_id=api_id, mode="list_lag", seconds=case.lag, count=1)
        if case.defective:
            ask("faults", api_id=self.row.house.day_list, mode="kt00007_empty")

    def _foreign(self, other: Foreign) -> None:
        self.world.control(
            "foreign_order", appkey="sim-001-appkey",
            side="sell" if self.case.action == "sell" else "buy", symbol=self.code,
            quantity=self.quantity + other.quantity, price=self.price, type="limit",
            channel=other.channel, hidden_seconds=other.hidden,
        )  # fmt: skip

    def _fate(self) -> None:
        """Let something become of our order, once lists show it; whatever cannot be is not."""
        if self.case.action not in {"buy", "sell"} or self.case.fate == "rests":
            return
        number = next((order["ord_no"] for order in self._ours()), None)
        if number is None:
            return
        if self.case.fate == "filled":
            self.world.control("fill", ord_no=number, quantity=self.quantity)
            return
        change: dict[str, Any] = {"action": "cancel"}
        if self.case.fate == "modified":
            change = {"action": "modify", "price": self.price - 1000 * (self.price > 10_000)}
        self.world.control(
            "foreign_order", appkey="sim-001-appkey", symbol=self.code, target=number, quantity=0,
            **change,
        )  # fmt: skip

    def _target(self) -> str | None:
        if self.case.action in {"buy", "sell"}:
            return None
        told = self.world.control(
            "foreign_order", appkey="sim-001-appkey", side="buy", symbol=self.code,
            quantity=self.quantity, price=self.price - 20, type="limit",
        )  # fmt: skip
        return str(told["ord_no"])

    def _wish(self, target: str | None = None) -> Wish:
        price = Decimal(self.price)
        if target is not None:
            new = price if self.case.action == "modify" else None
            return Wish(action=self.case.action, order=target, price=new)  # type: ignore[arg-type]  # one of the four
        return Wish(
            action=self.case.action,  # type: ignore[arg-type]  # as above
            symbol=Symbol(self.code),
            type=OrderType.LIMIT,
            quantity=self.quantity,
            price=price,
        )
