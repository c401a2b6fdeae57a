"""Orders whose outcome is open: every command that touches their account names them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from kiwoomctl.domain.identity import AccountId
from kiwoomctl.domain.orders import State
from kiwoomctl.errors import KiwoomctlError, Phrase
from kiwoomctl.services.accounts import JournaledAccount
from kiwoomctl.services.orders.journal import by_world, wish

if TYPE_CHECKING:
    from kiwoomctl.ledger import Attempt, Ledger

IN_FLIGHT: Final = timedelta(seconds=60)
"""A younger send most likely has a living process that waits for its reply."""


def notices(
    accounts: Iterable[JournaledAccount], now: datetime, reported: Collection[str]
) -> Iterator[Phrase | KiwoomctlError]:
    """Say which orders of these accounts are open; no ledger is made for that.

    Args:
        accounts: those a command had to do with.
        now: this machine's time.
        reported: attempts that the command has told of already.

    Yields:
        A line for each attempt; an error for a ledger that cannot be looked at.
    """
    for members in by_world(accounts):
        try:
            names = profile_names(members)
            attempts = left_open(members[0].ledger(), now)
        except KiwoomctlError as error:
            yield error
            continue
        for attempt in attempts:
            profile = names.get(attempt.intent.account)
            if profile is not None and attempt.id not in reported:
                yield notice(attempt, profile, now)


def left_open(ledger: Ledger, now: datetime) -> list[Attempt]:
    """Return the attempts whose outcome is open and that nobody seems to wait for."""
    return [attempt for attempt in ledger.open_attempts() if not _in_flight(attempt, now)]


def notice(attempt: Attempt, profile: str, now: datetime) -> Phrase:
    """Return the line that names an open attempt and the command that settles it."""
    moment = attempt.sent_at or attempt.created_at
    when = f"{moment:%H:%M:%S}" if moment.date() == now.date() else f"{moment:%Y-%m-%d %H:%M:%S}"
    sent = attempt.sent_at is not None
    return Phrase(
        "unknown: {attempt} {profile} {order} ({when}) - kiwoomctl resolve {attempt}",
        attempt=attempt.id,
        profile=profile,
        order=wish(attempt.intent.terms),
        when=Phrase("sent {time}", time=when) if sent else Phrase("of {time}", time=when),
    )


def _in_flight(attempt: Attempt, now: datetime) -> bool:
    if attempt.state is not State.SENDING or attempt.sent_at is None:
        return False
    return timedelta(0) <= now - attempt.sent_at < IN_FLIGHT


def profile_names(accounts: Iterable[JournaledAccount]) -> dict[AccountId, str]:
    """Return the profiles' names by account, without those whose account is not known."""
    return {found: account.name for account in accounts if (found := account.pinned_id())}
