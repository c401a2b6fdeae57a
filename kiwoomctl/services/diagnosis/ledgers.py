"""Whether the ledgers are sound, and what of them keeps orders from going out.

They are only read: what opening one for use would note is told and not noted. A world without a
ledger has nothing to find, unless it had one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kiwoomctl.errors import Busy, KiwoomctlError, Phrase
from kiwoomctl.services.accounts import JournaledAccount
from kiwoomctl.services.diagnosis.findings import CONFIG_EXIT, Finding, failure, quoted, warning
from kiwoomctl.services.orders.kill_switch import switches
from kiwoomctl.services.orders.unsettled import left_open, profile_names

if TYPE_CHECKING:
    from kiwoomctl.ledger import Halt, Ledger

UNREADY: Final = frozenset({"file_older", "file_unfinished"})
"""Codes of files that their next use puts right."""
_CHECK: Final = "ledger"
_MEND: Final = "keep a copy of it, put a backup in its place, and compare it with the broker"


def findings(accounts: Sequence[JournaledAccount], now: datetime) -> Iterator[Finding]:
    """Look at the ledger of each world of these accounts.

    Args:
        accounts: whose ledgers.
        now: this machine's time.
    """
    worlds: dict[Path, list[JournaledAccount]] = {}
    for account in accounts:
        worlds.setdefault(account.world, []).append(account)
    for folder, members in worlds.items():
        try:
            if members[0].has_ledger():
                yield from _one(members[0].ledger(), members, now)
            else:
                yield from _absent(folder, members)
        except KiwoomctlError as error:
            if isinstance(error, Busy) or error.code in UNREADY:
                yield warning(_CHECK, None, error)
            else:
                yield failure(_CHECK, None, error, CONFIG_EXIT)


def _one(ledger: Ledger, members: Sequence[JournaledAccount], now: datetime) -> Iterator[Finding]:
    yield _soundness(ledger)
    yield from _details(ledger)
    yield from _open(ledger, members, now)
    yield from _standing(ledger, members)


def _absent(folder: Path, members: Sequence[JournaledAccount]) -> Iterator[Finding]:
    from kiwoomctl.ledger.notebook import was_there

    if was_there(folder):
        yield Finding(
            _CHECK,
            None,
            "failed",
            Phrase("{path}: the ledger that was there is gone", path=folder),
            Phrase(
                "put a backup in its place; without one: kiwoomctl audit --adopt -p {profiles}",
                profiles=",".join(account.name for account in members),
            ),
            CONFIG_EXIT,
        )


def _soundness(ledger: Ledger) -> Finding:
    wrong = ledger.invariants()
    if not wrong:
        text = Phrase(
            "{path}: {count} attempts, all invariants hold",
            path=ledger.folder,
            count=ledger.size(),
        )
        return Finding(_CHECK, None, "ok", text)
    text = Phrase(
        "{path}: {count} promises are broken, first: {first}",
        path=ledger.folder,
        count=len(wrong),
        first=wrong[0],
    )
    return Finding(_CHECK, None, "failed", text, _mend(ledger), CONFIG_EXIT)


def _details(ledger: Ledger) -> Iterator[Finding]:
    found = ledger.examine()
    if found.damage:
        text = Phrase("SQLite finds the file damaged: {reason}", reason=found.damage[0])
        yield Finding("integrity", None, "failed", text, _mend(ledger), CONFIG_EXIT)
    else:
        yield Finding("integrity", None, "ok", Phrase("SQLite finds the file whole"))
    if found.changed:
        text = Phrase(
            "{count} of its rules and tables were changed or are missing: {names}",
            count=len(found.changed),
            names=", ".join(found.changed),
        )
        yield Finding("schema", None, "failed", text, _mend(ledger), CONFIG_EXIT)
    else:
        text = Phrase(
            "version {version}, {count} rules in force", version=found.version, count=found.rules
        )
        yield Finding("schema", None, "ok", text)
    for number, count in found.broken.items():
        if count:
            text = Phrase("{promise}: broken {count} times", promise=_promise(number), count=count)
            yield Finding("invariants", None, "failed", text, _mend(ledger), CONFIG_EXIT)
        else:
            yield Finding("invariants", None, "ok", Phrase("{promise}", promise=_promise(number)))


def _promise(number: int | None) -> Phrase:
    return {
        1: Phrase("1. an attempt is sent once at most"),
        2: Phrase("2. a number belongs to one attempt"),
        3: Phrase("3. what has ended stays as it ended"),
        4: Phrase("4. every step is in the history"),
        5: Phrase("5. one open outcome for an account and code"),
    }.get(number or 0, Phrase("a key of --id and what was known before stay as they were"))


def _mend(ledger: Ledger) -> Phrase:
    path = ledger.folder / "ledger.sqlite3"
    copy = quoted(f"{path}.copy")
    command = Phrase("cp -p {path} {copy}", path=quoted(path), copy=copy)
    return Phrase("{advice}: {command}", advice=Phrase(_MEND), command=command)


def _open(ledger: Ledger, accounts: Sequence[JournaledAccount], now: datetime) -> Iterator[Finding]:
    names = profile_names(accounts)
    for attempt in left_open(ledger, now):
        yield Finding(
            _CHECK,
            names.get(attempt.intent.account, attempt.intent.profile),
            "warning",
            Phrase("the outcome of {attempt} is unknown", attempt=attempt.id),
            Phrase("kiwoomctl resolve {attempt}", attempt=attempt.id),
        )


def _standing(ledger: Ledger, accounts: Sequence[JournaledAccount]) -> Iterator[Finding]:
    turned, news = switches(ledger), ledger.news()
    yield from _stopped(turned.of_all, None, Phrase("kiwoomctl resume"))
    for account in accounts:
        account_id = account.pinned_id()
        if account_id is None:
            continue
        doubts = ledger.doubts(account_id)
        reasons = dict.fromkeys([*(doubt.kind for doubt in doubts), *news])
        for reason in list(reasons)[:1]:
            yield Finding(
                _CHECK,
                account.name,
                "warning",
                Phrase(
                    "the ledger may not know every order of this account ({reason})", reason=reason
                ),
                Phrase("kiwoomctl audit --adopt -p {profile}", profile=account.name),
            )
        freed_by = Phrase("kiwoomctl resume -p {profile}", profile=account.name)
        yield from _stopped(turned.own.get(account_id), account.name, freed_by)


def _stopped(turn: Halt | None, profile: str | None, fix: Phrase) -> Iterator[Finding]:
    if turn is None or turn.mode == "active":
        return
    since = Phrase(
        "orders are stopped ({mode}) since {time:%Y-%m-%d %H:%M}",
        mode=Phrase(turn.mode),
        time=turn.at,
    )
    if turn.reason:
        since = Phrase("{stopped}: {reason}", stopped=since, reason=turn.reason)
    yield Finding(_CHECK, profile, "warning", since, fix)
