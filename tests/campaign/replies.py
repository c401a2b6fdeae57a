"""Replies made from the wire's grammar and broken: nothing is uncaught, nothing falsely certain.

What is called accepted or rejected is read a second time by rules of its own. Some outcomes go
into a ledger, as a text that cannot be written would be found out only there; some replies are
pages of the broker's lists, read by the whole client.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx

from kiwoomctl.brokers.kiwoom import order_lists
from kiwoomctl.brokers.kiwoom.client import KiwoomClient
from kiwoomctl.brokers.kiwoom.outcomes import classify
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
from tests.campaign import children, grammar, world
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


def run(row: Run) -> None:
    """Read as many replies as there are to be."""
    row.watch(
        "accepted", "rejected", "at the gate", "doubtful", "unknown", "lists read", "lists refused",
        "written", "uncaught", "wrong",
    )  # fmt: skip
    row.total = row.scale.of(quick=QUICK, full=FULL)
    children.side_by_side(row, row.scale.lanes, _lane)


def _lane(row: Run, number: int) -> Iterator[None]:
    chance = row.chance(number)
    left = row.scale.of(quick=QUICK, full=FULL) // row.scale.lanes
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
        self.account = AccountId("kiwoom", "sim", "8012345611")
        self.pages: dict[str, list[tuple[bytes, dict[str, str]]]] = {}
        self.sent: list[bytes] = []
        self.client = KiwoomClient(
            profile="p",
            transport=Transport(URL, timeout=5, in_process=httpx.MockTransport(self._answer)),
            tokens=TokenStore(self.folder / "tokens", URL, "key", self.clock),
            credentials=lambda: ("appkey", "secretkey"),
            pacer=None,
            observer=Quiet(),
            clock=self.clock,
        )
        self.tried = 0

    def order(self) -> None:
        """Let one reply to an order be classified."""
        answer = grammar.order_reply(self.chance)
        try:
            outcome = classify(answer.status, answer.content, KNOWN)
            told = server_time(answer.date)
            told = None if told is None else told.astimezone(KST)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is uncaught
            self.row.fail("uncaught", f"{type(error).__name__} {error}: {answer}")
            return
        self._judge(answer, outcome)
        self.tried += 1
        if self.tried % WRITTEN_EVERY == 0:
            self._write(answer, outcome, told)

    def lists(self) -> None:
        """Let the lists of a day be read, one of them perhaps broken."""
        chance, spoil = self.chance, self.chance.choice((0.0, 0.3, 0.9))
        made = {
            "kt00007": (order_lists.DAY.rows, grammar.day_rows),
            "ka10075": (order_lists.OPEN.rows, grammar.today_rows),
            "ka10076": (order_lists.FILLED.rows, grammar.today_rows),
        }
        self.pages.clear()
        self.sent.clear()
        for api_id, (rows_name, rows) in made.items():
            number = chance.choice((1, 1, 1, 2, 3))
            parts = []
            for page in range(number):
                more = page < number - 1
                headers = {"cont-yn": "Y", "next-key": f"{page}"} if more else {}
                if chance.random() < 0.05 * spoil:
                    headers = {"cont-yn": chance.choice(("Y", "y", "x")), "next-key": ""}
                content = grammar.list_reply(
                    chance, str(rows_name), rows(chance, chance.randrange(4)), spoil
                )
                parts.append((content, {**headers, "Date": grammar.DATES[0]}))
            self.pages[api_id] = parts
        self.clock.sleep(700)
        symbol = chance.choice((None, Symbol("005930")))
        try:
            found = order_lists.read_day(self.client, chance.choice((DAY, None)), symbol)
            evidence.find(self._sought(), found.orders)
        except KiwoomctlError:
            self.row.count("lists refused")
            return
        except Exception as error:  # noqa: BLE001 - as above
            self.row.fail("uncaught", f"{type(error).__name__} {error}: {self.pages}")
            return
        self.row.count("lists read")
        shown = {number for content in self.sent for number in _numbers(content)}
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
            "accepted": lambda: grammar.is_accepted(answer, outcome.number, KNOWN),
            "rejected": lambda: grammar.is_rejected(answer, outcome.code),
            "rate": lambda: grammar.is_refused_at_the_gate(answer, "rate", outcome.code),
            "token": lambda: grammar.is_refused_at_the_gate(answer, "token", outcome.code),
            "doubtful": lambda: grammar.is_doubtful(answer, outcome.code),
        }.get(outcome.kind)
        counter = "at the gate" if outcome.kind in {"rate", "token"} else outcome.kind
        self.row.count(counter)
        if good is None:
            return
        self.row.check(good(), "wrong", f"{outcome}: {answer}")
        twice = grammar.contradicts_itself(answer.content)
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
        if request.url.path == "/oauth2/token":
            body = {"token": f"t{self.clock.monotonic()}", "expires_dt": "20991231000000"}
            return httpx.Response(200, json={**body, "return_code": 0, "return_msg": ""})
        cursor = request.headers.get("next-key", "")
        pages = self.pages[request.headers["api-id"]]
        at = int(cursor) + 1 if cursor.isdigit() and cursor.isascii() else 0
        content, headers = pages[min(at, len(pages) - 1)]
        self.sent.append(content)
        return httpx.Response(200, content=content, headers=headers)

    def _sought(self) -> evidence.Sought:
        terms = Terms("buy", Symbol("005930"), "buy", OrderType.LIMIT, 1, None, None, "KRX")
        return evidence.Sought(terms, KNOWN, (), MORNING)


def _numbers(content: bytes) -> set[str]:
    """Return every order number of a page, read on its own."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return set()
    lists = [value for value in body.values() if isinstance(value, list)] if body else []
    rows = [row for rows in lists for row in rows if isinstance(row, dict)]
    return {str(row.get("ord_no", "")).strip().lstrip("0") for row in rows} - {""}
