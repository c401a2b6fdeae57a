"""No key, token or account number gets out of an order command: not said, not in a file.

The same words are run in every form of output, both languages and both depths of -v; the broker
answers well, badly, not at all, and with texts that hold what must not get out. The account
number is the ledger's key, so it may stand there and in the pins, but never be said in full.
"""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.campaign import children, deeds, everywhere, victim, world
from tests.campaign.children import Ended
from tests.campaign.houses import KIWOOM
from tests.campaign.report import Run
from tests.campaign.world import Holder, Home

TITLE = "secrets canary over every order command, error, verbosity"
FORMS: Final = tuple(
    itertools.product(("-v", "-vv"), ("table", "json", "jsonl", "csv"), ("en", "ko"))
)
QUICK_FORMS: Final = 2
REAL_LOOKING: Final = "zv1fEIzrQ9PAcanary2xserE-3Rsd3JkOmNkTGbH4zQ"
HOLDS: Final = "DUPLICATE,CROSS,NO_PRICE,CASH,SELLABLE,COLLAR,MARKET,VALUE,TICK"
PLACE_OF_TOKENS: Final = "tokens"
NAMES_NUMBERS: Final = frozenset({"pins"})


def run(row: Run) -> None:
    """Run every command in every form."""
    row.watch("runs", "files", "said", "written", "tracebacks")
    row.total = _forms(row) + (everywhere.total(row) if row.house is KIWOOM else 0)
    children.side_by_side(row, row.scale.lanes, _lane)
    if row.house is KIWOOM:
        # All commands over both houses at once: once is enough.
        everywhere.sing(row)


def _lane(row: Run, number: int) -> Iterator[None]:
    chance = row.chance("forms")
    forms = list(FORMS)
    chance.shuffle(forms)
    for form in forms[: _forms(row)][number :: row.scale.lanes]:
        with world.served(row.house, accounts=12) as home:
            canary = _Canary(row, home, form)
            canary.sing()
            canary.look_through_files()
        row.case()
        yield


def _forms(row: Run) -> int:
    return row.of(quick=QUICK_FORMS, full=len(FORMS))


@dataclass
class _Canary:
    row: Run
    home: Home
    form: tuple[str, str, str]
    secrets: set[str] = field(default_factory=set)
    n: int = 0

    def __post_init__(self) -> None:
        able = [holder for holder in self.home.broker.holders if holder.held]
        self.holder, self.other = able[0], able[1]
        self.environ = self.home.environ([self.holder, self.other])
        self.ids = self.row.house.api_ids
        self.numbers = {
            holder.account[: self.row.house.telling_digits]
            for holder in self.home.broker.accounts.values()
        }
        for holder in self.home.broker.accounts.values():
            self.secrets |= {holder.appkey, holder.secretkey}
        self.secrets.add(REAL_LOOKING)

    def sing(self) -> None:
        """Run all commands, good and bad."""
        self.good()
        self.refused_by_us()
        self.lost()
        self.bad_broker()
        self.people()
        self.bad_state()
        self.a_bug()

    def good(self) -> None:
        p = self.holder.profile
        buy = self._buy()
        self.run(*buy, "--dry-run")
        self.run(*buy, "--id", "canary")
        self.run(*buy, "--id", "canary")
        self.run("buy", *buy[1:2], "9", *buy[3:], "--id", "canary")
        self.run(*self._buy(), "-p", f"{p},{self.other.profile}")
        sell = deeds.sell([self.holder], 1)
        self.run(*sell.words, *self._manner())
        self.run("sell", self.holder.held, "all", "--market", *self._manner(), "--dry-run")
        for number in self._open():
            self.run("modify", number, "--price", "1400", *self._manner())
        for number in self._open()[:1]:
            self.run("cancel", number, "-p", p, "--yes")
            self.run("cancel", number, "-p", p, "--yes")
        self.reads()
        self.run("cancel", "--all", "--yes", "-p", "all")

    def reads(self) -> None:
        for words in (
            ["orders"], ["orders", "--open"], ["fills"], ["ledger", "list"], ["resolve"], ["cash"],
            ["doctor"], ["accounts", "--check"], ["cash", "-p", "nobody"],
        ):  # fmt: skip
            self.run(*words, "--settle", "0") if words == ["resolve"] else self.run(*words)
        for order_id in self._ids():
            self.run("ledger", "show", order_id)

    def refused_by_us(self) -> None:
        p = self.holder.profile
        code, price = deeds.cheap_codes()[5]
        for words in (
            ["buy", "005930", "1", "--price", "1", "-p", p, "--yes"],
            ["buy", "005930", "1", "--price", "123451", "-p", p, "--yes"],
            ["buy", code, "99999999", "--price", str(price), "-p", p, "--yes"],
            ["buy", code, "1", "--price", str(price)],
            ["buy", code, "1", "-p", p],
            ["buy", "A005930", "1", "--market", "-p", p],
            ["buy", code, "-5", "--price", str(price), "-p", p],
            ["buy", "ZZZZZZ", "1", "--price", "1000", "-p", p, "--yes", "--allow", HOLDS],
            ["sell", code, "all", "--market", "-p", p, "--yes", "--allow", HOLDS],
            ["modify", "9999999", "--price", "1000", "-p", p, "--yes"],
            ["cancel", "20200101-00000000"],
            ["resolve", "20200101-00000000.1"],
            ["resolve", "20200101-00000000.1", "--absent"],
        ):
            self.run(*words)
        self.run("halt", "--reason", "canary")
        self.run(*self._buy())
        self.run("resume")

    def lost(self) -> None:
        """Replies that never come, and what the evidence says of them."""
        for mode in ("drop", "html", "blank", "http_500"):
            self.fault(self.ids["buy"], mode=mode, when="after", count=1)
            self.run(*self._buy(), "--settle", "0")
            self.run("resolve", "--settle", "0")
        for mode in ("garbage", "reset"):
            self.fault(self.ids["buy"], mode=mode, when="before", count=1)
            self.run(*self._buy(), "--settle", "0.1")
            self.run("resolve", "--settle", "0")

    def bad_broker(self) -> None:
        """Refusals whose texts hold what must not get out."""
        house = self.row.house
        for code in (*house.refusals[:1], *house.odd_codes):
            # Of a key that the process has not read only the length tells: real ones are long.
            held = [*self._tokens(), REAL_LOOKING]
            for text in (" ".join(held), f"계좌 {self.holder.account} {held[0]}"):
                bad = {"mode": "backend", "when": "before", "code": code, "text": text, "count": 1}
                self.fault(self.ids["buy"], **bad)
                self.run(*self._buy(), "--settle", "0")
                self.fault(self.ids["cancel"], **bad)
                self.run("cancel", "--all", "--yes", "-p", self.holder.profile, "--settle", "0")
        for mode in ("token_dead", "http_429", "ip_mismatch"):
            self.fault(self.ids["buy"], mode=mode, when="before", count=3)
            self.run(*self._buy(), "--settle", "0")
        self.fault(house.day_list, mode="backend", when="before", code="8999", text=REAL_LOOKING)
        self.run(*self._buy(), "--settle", "0")
        self.home.broker.forget_faults()
        self.reads()

    def people(self) -> None:
        """A person who says what became of orders."""
        self.fault(self.ids["buy"], mode="drop", when="after", count=1)
        self.run(*self._buy(), "--settle", "0")
        for order_id in self._ids()[-1:]:
            attempt = f"{order_id}.1"
            self.run("resolve", attempt, "--number", "9999999")
            self.run("resolve", attempt, "--number", "x")
            self.run("resolve", attempt, "--absent", "--confirm", "no")
            self.run("resolve", attempt, "--absent", "--confirm", attempt)
            self.run("resolve", attempt, "--number", "1")

    def bad_state(self) -> None:
        """A ledger that is none, one that is locked, a state folder that is a file."""
        ledger = self.home.world / "ledger.sqlite3"
        kept = self.home.folder / "kept"
        self.look_through_files()
        shutil.copy(ledger, kept)
        ledger.write_bytes(b"no ledger at all" * 64)
        for words in (self._buy(), ["ledger", "list"], ["resolve"]):
            self.run(*words)
        shutil.copy(kept, ledger)
        kept.unlink()
        config = self.environ["KIWOOMCTL_CONFIG"]
        self.run(*self._buy(), environ={**self.environ, "KIWOOMCTL_STATE_DIR": config})

    def a_bug(self) -> None:
        """An error that nobody foresaw, its text full of secrets."""
        from kiwoomctl.services.orders import transmission

        text = f"{self.holder.secretkey} {self.holder.account}"

        def broken(*_: object) -> None:
            raise ValueError(text)

        def prepare() -> None:
            transmission.Transmission.read = broken  # type: ignore[assignment,method-assign]  # that is the bug

        ended = self._complete(self._buy(), self.environ, prepare)
        self.row.check(ended.code == 1, "said", f"a bug ended with {ended}")
        self._check(["a bug"], ended, traceback=True)

    # Parts ------------------------------------------------------------------------------------

    def run(self, *words: str, environ: dict[str, str] | None = None) -> None:
        depth, output, lang = self.form
        given = [*words, depth, "-o", output, "--lang", lang, "--timeout", "1"]
        ended = self._complete(given, environ or self.environ, victim.hurry)
        self._tokens()
        self.row.count("runs")
        self._check(given, ended)

    def fault(self, api_id: str, **fault: Any) -> None:
        self.home.broker.forget_faults()
        self.home.broker.control("faults", api_id=api_id, **fault)

    def look_through_files(self) -> None:
        """Look for secrets in every file below the state folder, and in names."""
        tokens = self._tokens()
        for path in self.home.state.rglob("*"):
            name = str(path.relative_to(self.home.state))
            self._none_in([name], self.secrets | self.numbers, f"the name {name}")
            if not path.is_file():
                continue
            allowed = {token for token, place in tokens.items() if place == path}
            if path.parent.name in NAMES_NUMBERS or path.name.startswith("ledger.sqlite3"):
                allowed |= self.numbers
            text = path.read_bytes().decode("utf-8", "replace")
            self._none_in([text], (self.secrets | self.numbers) - allowed, name)
            self.row.count("files")

    def _none_in(self, texts: Iterable[str], secrets: set[str], where: str) -> None:
        leaked = sorted(secret for secret in secrets for text in texts if secret in text)
        self.row.check(not leaked, "written", f"{self.form} {where} holds {leaked}")

    def _check(self, words: Sequence[str], ended: Ended, *, traceback: bool = False) -> None:
        hidden = self.secrets | self.numbers
        leaked = sorted(secret for secret in hidden if secret in ended.told)
        self.row.check(not leaked, "said", f"{words} says {leaked}: {ended.told[:800]}")
        bug = ended.code == 1 and not traceback
        good = traceback or "Traceback" not in ended.err
        self.row.check(good and not bug, "tracebacks", f"{words} {ended.told[:800]}")

    def _complete(self, words: Sequence[str], environ: dict[str, str], prepare: Any) -> Ended:
        return children.complete(words, environ, self.home.folder / "output", prepare)

    def _tokens(self) -> dict[str, Path]:
        """Return every token there is and its place; one that is gone stays a secret."""
        found = {}
        for path in self.home.state.glob(f"*/{PLACE_OF_TOKENS}/*.json"):
            token = json.loads(path.read_text("utf-8"))["token"]
            if token:
                found[str(token)] = path
        self.secrets |= set(found)
        return found

    def _manner(self, holder: Holder | None = None) -> list[str]:
        return ["--yes", "--allow", HOLDS, "-p", (holder or self.holder).profile]

    def _buy(self) -> list[str]:
        self.n += 1
        made = deeds.buy([self.holder], self.n)
        return [*made.words, *self._manner()]

    def _open(self) -> list[str]:
        return [
            order["ord_no"]
            for order in self.home.broker.state()["orders"]
            if order["appkey"] == self.holder.appkey and order["status"] == "open"
        ]

    def _ids(self) -> list[str]:
        from tests.campaign import judge

        return list(
            dict.fromkeys(str(a.intent.order_id) for a in judge.attempts_of(self.home.world))
        )
