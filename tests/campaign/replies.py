"""Replies made from the wire's grammar and broken: nothing is uncaught, nothing falsely certain.

What is called accepted or rejected is read a second time by rules of its own. Some outcomes go
into a ledger, as a text that cannot be written would be found out only there; some replies are
pages of the broker's lists, read by the whole client.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx

from kiwoomctl.brokers.kis import order_lists as kis_lists
from kiwoomctl.brokers.kis import outcomes as kis_outcomes
from kiwoomctl.brokers.kis.client import KisClient
from kiwoomctl.brokers.kiwoom import order_lists as kiwoom_lists
from kiwoomctl.brokers.kiwoom import outcomes as kiwoom_outcomes
from kiwoomctl.brokers.kiwoom.client import KiwoomClient
from kiwoomctl.brokers.port_orders import SendOutcome
from kiwoomctl.brokers.texts import server_time
from kiwoomctl.brokers.token import TokenStore
from kiwoomctl.brokers.transport import Transport
from kiwoomctl.domain import evidence
from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.identity import AccountId, ProfileName, Symbol
from kiwoomctl.domain.orders import OrderType, State, Terms
from kiwoomctl.errors import KiwoomctlError
from kiwoomctl.ledger import Ledger, NewIntent, Outcome
from tests.campaign import children, grammar, grammar_kis, grammar_kiwoom, world
from tests.campaign.embedded import MORNING, HandClock, Quiet
from tests.campaign.report import Run

TITLE = "replies from the wire's grammar, mutated; round trip checked"
QUICK, FULL = 20_000, 1_000_000
LISTED_EVERY: Final = 20
"""One of so many replies is a list."""
WRITTEN_EVERY: Final = 400
"""One of so many outcomes is written down."""
PART: Final = 500
KNOWN: Final = frozenset(str(number) for number in range(1, 700, 3))
DAY: Final = date(2026, 10, 2)
STATES: Final = {"accepted": State.ACCEPTED, "rejected": State.REJECTED}
URL: Final = "http://broker.invalid"
NUMBER: Final = "8012345611"
WIRES: Final[dict[str, tuple[Any, Any, Any]]] = {
    "kiwoom": (grammar_kiwoom, kiwoom_outcomes.classify, kiwoom_lists.read_day),
    "kis": (grammar_kis, kis_outcomes.classify, kis_lists.read_day),
}
"""By broker: how its replies are made, and what reads those to orders and those to lists."""


def run(row: Run) -> None:
    """Read as many replies as there are to be."""
    row.watch(
        "accepted", "rejected", "at the gate", "doubtful", "unknown", "lists read", "lists refused",
        "written", "uncaught", "wrong",
    )  # fmt: skip
    row.total = row.of(quick=QUICK, full=FULL)
    children.side_by_side(row, row.scale.lanes, _lane)


def _lane(row: Run, number: int) -> Iterator[None]:
    chance = row.chance(number)
    left = row.of(quick=QUICK, full=FULL) // row.scale.lanes
    with world.scratch() as folder:
        reader = _Reader(row, chance, folder)
        while left > 0:
            for n in range(min(PART, left)):
                if n % LISTED_EVERY == 0:
                    reader.lists()
                else:
                    reader.order()
                row.case()
            left -= PART
            yield
        reader.close()
        yield


@dataclass
class _Reader:
    row: Run
    chance: Random
    folder: Path

    def __post_init__(self) -> None:
        self.clock = HandClock(MORNING)
        self.ledger = Ledger.open(self.folder / "ledger", self.clock)
        house = self.row.house
        self.grammar, self.classify, self.read_day = WIRES[house.broker]
        self.account = AccountId(house.broker, "sim", NUMBER)
        self.pages: dict[str, list[tuple[bytes, dict[str, str]]]] = {}
        self.sent: list[bytes] = []
        seat: dict[str, Any] = {
            "profile": "p",
            "transport": Transport(URL, timeout=5, in_process=httpx.MockTransport(self._answer)),
            "tokens": TokenStore(self.folder / "tokens", URL, "key", self.clock),
            "credentials": lambda: ("appkey", "secretkey"),
            "pacer": None,
            "observer": Quiet(),
            "clock": self.clock,
        }
        is_mock = house.env == "mock"
        self.client = (
            KisClient(**seat, number=NUMBER, is_mock=lambda: is_mock)
            if house.broker == "kis"
            else KiwoomClient(**seat)
        )
        self.tried = 0

    def order(self) -> None:
        """Let one reply to an order be classified."""
        answer = self.grammar.order_reply(self.chance)
        try:
            outcome = self.classify(answer.status, answer.content, KNOWN)
            told = server_time(answer.date)
            told = None if told is None else told.astimezone(KST)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is uncaught
            self.row.fail("uncaught", f"{type(error).__name__} {error}: {answer}")
            return
        self._judge(answer, outcome)
        self.tried += 1
        odd = not outcome.code.isascii() or not outcome.code.isprintable()
        if odd or self.tried % WRITTEN_EVERY == 0:
            self._write(answer, outcome, told)

    def lists(self) -> None:
        """Let the lists of a day be read, one of them perhaps broken."""
        chance, spoil = self.chance, self.chance.choice((0.0, 0.3, 0.9))
        self.pages = self.grammar.lists(chance, spoil)
        self.sent.clear()
        self.clock.sleep(700)
        symbol = chance.choice((None, Symbol("005930")))
        try:
            found = self.read_day(self.client, chance.choice((DAY, None)), symbol)
            evidence.find(self._sought(), found.orders)
        except KiwoomctlError:
            self.row.count("lists refused")
            return
        except Exception as error:  # noqa: BLE001 - as above
            self.row.fail("uncaught", f"{type(error).__name__} {error}: {self.pages}")
            return
        self.row.count("lists read")
        shown = {number for content in self.sent for number in self.grammar.numbers(content)}
        for order in found.orders:
            there = order.number in shown
            self.row.check(there, "wrong", f"{order} is in none of {self.pages}")
        if spoil == 0.0:
            self._whole(found.orders, symbol, shown)

    def close(self) -> None:
        self.client.close()
        for violation in self.ledger.invariants():
            self.row.fail("wrong", violation)
        self.ledger.close()

    def _judge(self, answer: grammar.Answer, outcome: SendOutcome) -> None:
        good = {
            "accepted": lambda: self.grammar.is_accepted(answer, outcome.number, KNOWN),
            "rejected": lambda: self.grammar.is_rejected(answer, outcome.code),
            "rate": lambda: self.grammar.is_refused_at_the_gate(answer, "rate", outcome.code),
            "token": lambda: self.grammar.is_refused_at_the_gate(answer, "token", outcome.code),
            "doubtful": lambda: self.grammar.is_doubtful(answer, outcome.code),
        }.get(outcome.kind)
        counter = "at the gate" if outcome.kind in {"rate", "token"} else outcome.kind
        self.row.count(counter)
        if good is None:
            return
        self.row.check(good(), "wrong", f"{outcome}: {answer}")
        twice = grammar.contradicts_itself(answer.content, self.grammar.DECIDING)
        self.row.check(not twice, "wrong", f"a field twice, yet {outcome}: {answer}")

    def _write(self, answer: grammar.Answer, outcome: SendOutcome, told: datetime | None) -> None:
        """Write an outcome into a ledger, as a command would."""
        terms = Terms("cancel", Symbol("005930"), "buy", OrderType.LIMIT, 0, None, None, "KRX", "5")
        intent = NewIntent(self.account, terms, DAY, ProfileName("p"), 0)
        state = STATES.get(outcome.kind, State.UNKNOWN)
        try:
            with self.ledger.account_lock(self.account):
                attempt = self.ledger.prepare(intent, KNOWN, lambda _: []).attempt
                self.ledger.start_sending(attempt.id)
                self.ledger.record_outcome(
                    attempt.id,
                    Outcome(
                        state,
                        code=outcome.code,
                        text=outcome.text,
                        number=outcome.number,
                        root=outcome.root,
                        broker_at=told,
                    ),
                )
        except Exception as error:  # noqa: BLE001 - as above
            self.row.fail("uncaught", f"{type(error).__name__} {error}: {outcome} {answer}")
            return
        self.row.count("written")

    def _whole(self, orders: Any, symbol: Symbol | None, shown: set[str]) -> None:
        """A list without a fault is read whole."""
        if symbol is None:
            read = {order.number for order in orders}
            self.row.check(read == shown, "wrong", f"{shown ^ read} of {self.pages}")

    def _answer(self, request: httpx.Request) -> httpx.Response:
        """Answer a read of the client, page by page."""
        if request.url.path == self.grammar.TOKEN_PATH:
            return httpx.Response(200, json=self.grammar.token(f"t{self.clock.monotonic()}"))
        name, at = self.grammar.asked_for(request)
        pages = self.pages[name]
        content, headers = pages[min(at, len(pages) - 1)]
        self.sent.append(content)
        return httpx.Response(200, content=content, headers=headers)

    def _sought(self) -> evidence.Sought:
        terms = Terms("buy", Symbol("005930"), "buy", OrderType.LIMIT, 1, None, None, "KRX")
        return evidence.Sought(terms, KNOWN, (), MORNING)
