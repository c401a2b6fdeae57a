"""Whether the ledgers are sound, and what of them keeps orders from going out: for ``doctor``.

A world without a ledger has nothing to find. Opening a ledger is what every order does: it
may note that the file was restored or came from another machine, which then is told here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from kiwoomctl.errors import KiwoomctlError, Phrase
from kiwoomctl.services.accounts import JournaledAccount
from kiwoomctl.services.diagnosis import Finding, failure
from kiwoomctl.services.journal import by_world
from kiwoomctl.services.kill_switch import switches
from kiwoomctl.services.unsettled import left_open, profile_names

if TYPE_CHECKING:
    from kiwoomctl.ledger import Halt, Ledger

_CHECK: Final = "ledger"
_BROKEN_EXIT: Final = 8


def findings(accounts: Sequence[JournaledAccount], now: datetime) -> Iterator[Finding]:
    """Look at the ledger of each world of these accounts.

    Args:
        accounts: whose ledgers.
        now: this machine's time.
    """
    for members in by_world(accounts):
        try:
            ledger = members[0].ledger()
            yield _soundness(ledger)
            yield from _open(ledger, members, now)
            yield from _standing(ledger, members)
        except KiwoomctlError as error:
            yield failure(_CHECK, None, error, error.exit_code)


def _soundness(ledger: Ledger) -> Finding:
    wrong = ledger.invariants()
    if not wrong:
        return Finding(
            _CHECK,
            None,
            "ok",
            Phrase(
                "{path}: {count} attempts, all invariants hold",
                path=ledger.folder,
                count=ledger.size(),
            ),
        )
    return Finding(
        _CHECK,
        None,
        "failed",
        Phrase(
            "{path}: {count} promises are broken, first: {first}",
            path=ledger.folder,
            count=len(wrong),
            first=wrong[0],
        ),
        Phrase("keep a copy of it, put a backup in its place, and compare it with the broker"),
        _BROKEN_EXIT,
    )


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
    turned = switches(ledger)
    yield from _stopped(turned.of_all, None, Phrase("kiwoomctl resume"))
    for account in accounts:
        account_id = account.pinned_id()
        if account_id is None:
            continue
        if doubts := ledger.doubts(account_id):
            yield Finding(
                _CHECK,
                account.name,
                "warning",
                Phrase(
                    "the ledger may not know every order of this account ({reason})",
                    reason=doubts[0].kind,
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
