"""Codes and names: fetching the lists, and finding the code that a name means.

Names are for reads only: what an order is for is always said by its code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.market import MARKETS, Listing
from kiwoomctl.domain.offers import Ability
from kiwoomctl.errors import BrokerRejected, KiwoomctlError, Phrase, Unreadable, UsageError
from kiwoomctl.services import symbol_file
from kiwoomctl.services.accounts import Account

if TYPE_CHECKING:
    from kiwoomctl.brokers.port import InstrumentLists

MOST_NAMED = 10
"""How many candidates an error lists."""
_NEEDED = frozenset({"KOSPI", "KOSDAQ"})


class Household(Account, Protocol):
    """An account and the folder of its world."""

    @property
    def world(self) -> Path:
        """The folder its world's files are in."""

    @property
    def listed_markets(self) -> tuple[str, ...]:
        """The markets its house has lists of."""

    def lists(self) -> InstrumentLists:
        """Return its house's lists of instruments; raises SignInError, ConfigError."""


class MarketCount(NamedTuple):
    """How many codes of a market there are."""

    market: str
    symbols: int


class Updated(NamedTuple):
    """What an update has brought."""

    markets: tuple[MarketCount, ...]
    failed: tuple[tuple[str | None, KiwoomctlError], ...]
    """A list that the broker does not give, or a further house whose lists were not read; by
    profile, None where it is not about one."""


def update(
    accounts: Sequence[Household], on_market: Callable[[str], None], now: datetime
) -> Updated:
    """Fetch the lists of all markets and replace the file of the accounts' world.

    The house with the lists of most markets comes first: what another one knows of a code only
    fills up what that one did not tell. A list that a broker refuses is named, and the others
    are kept; where a further house fails, that is told and its lists are left out. Any other
    trouble leaves the old file as it is.

    Args:
        accounts: one of each house, all of one world.
        on_market: is told which list is read next.
        now: KST.

    Raises:
        BrokerRejected, Unreadable: there is no use in what was given.
        SignInError, Unavailable, Busy: a list was not read whole.
        StateError: the file cannot be written.
    """
    found: dict[Symbol, Listing] = {}
    failed: list[tuple[str | None, KiwoomctlError]] = []
    ranked = sorted(accounts, key=lambda account: -len(account.listed_markets))
    for account in ranked:
        try:
            rows, refused = _listed(account, on_market)
        except KiwoomctlError as error:
            if account is ranked[0]:
                raise
            failed.append((account.name, error))
            continue
        failed += [(None, error) for error in refused]
        for row in rows:
            known = found.get(row.symbol)
            if known is None:
                found[row.symbol] = row
            elif known.nxt is None:
                found[row.symbol] = known._replace(nxt=row.nxt)
    symbol_file.write(ranked[0].world, found.values(), now)
    return Updated(_counted(found.values()), tuple(failed))


def _listed(
    account: Household, on_market: Callable[[str], None]
) -> tuple[Iterable[Listing], list[BrokerRejected]]:
    """Return what one house lists, and what it refuses."""
    account.require(Ability.LISTS)
    lists = account.lists()
    found: dict[Symbol, Listing] = {}
    refused: list[BrokerRejected] = []
    for market in account.listed_markets:
        on_market(market)
        try:
            listed = lists.listings(market)
        except BrokerRejected as error:
            if market in _NEEDED:
                raise
            refused.append(
                BrokerRejected(
                    "the list of {market} was refused: {reason}",
                    hint="try again later",
                    code=error.code,
                    market=market,
                    reason=Phrase(error.message, **error.values),
                )
            )
            continue
        if not listed and market in _NEEDED:
            raise Unreadable(
                "the broker's list of {market} is empty",
                hint="try again later",
                code="blank",
                market=market,
            )
        found |= {row.symbol: row for row in listed}
    return found.values(), refused


def _counted(listings: Iterable[Listing]) -> tuple[MarketCount, ...]:
    counts: dict[str, int] = {}
    for row in listings:
        counts[row.market] = counts.get(row.market, 0) + 1
    known = [market for market in MARKETS if market in counts]
    return tuple(
        MarketCount(market, counts[market])
        for market in (*known, *sorted(counts.keys() - set(known)))
    )


def find(world: Path, text: str) -> tuple[Listing, ...]:
    """Return what has a code or name that starts like this or a name that contains it.

    Raises:
        UsageError: there is no file to look in, or nothing to look for.
        StateError: the file cannot be opened.
    """
    if not text.strip():
        raise UsageError(
            "{option} is empty: an unset shell variable may be the cause",
            code="empty",
            option="TEXT",
        )
    known = symbol_file.read(world)
    if known is None:
        raise _no_file(text)
    found = {row.symbol: row for row in (*known.starting(text), *known.containing(text))}
    return tuple(found.values())


def resolve(world: Path, text: str) -> Symbol:
    """Return the code that was typed, or the code of the name that was.

    An exact name goes before a name that starts like it, and that before one that contains it.

    Raises:
        UsageError: it is neither, or several names fit; those are listed with their codes.
        StateError: the file of names cannot be opened.
    """
    given = text.strip()
    if Symbol.is_valid(given) and _has_digit(given):
        return Symbol(given)
    if not given:
        return Symbol.parse(given)
    known = symbol_file.read(world)
    exact = known.named(given) if known else ()
    if exact:
        return _the_one(given, exact)
    _refuse_misspelt(given)
    if known is None:
        raise _no_file(given)
    for candidates in (known.starting(given), known.containing(given)):
        found = tuple(islice(candidates, MOST_NAMED + 1))
        if found:
            return _the_one(given, found)
    raise UsageError(
        "no listed name is like {text!r}",
        hint="the lists are of {day}; fetch them anew: kiwoomctl symbols update",
        code="symbol_unknown",
        text=given,
        day=f"{known.made_at:%Y-%m-%d}",
    )


def _refuse_misspelt(given: str) -> None:
    """Refuse what is meant as a code and is none; every code has a digit."""
    try:
        Symbol.parse(given)
    except UsageError as error:
        if _has_digit(str(error.values.get("meant", ""))):
            raise


def _the_one(given: str, found: tuple[Listing, ...]) -> Symbol:
    if len(found) == 1:
        return found[0].symbol
    named = ", ".join(f"{row.name} {row.symbol}" for row in found[:MOST_NAMED])
    raise UsageError(
        "several names are like {text!r}: {found}",
        hint="name the code; kiwoomctl symbols find lists them all"
        if len(found) > MOST_NAMED
        else "name the code",
        code="symbol_ambiguous",
        text=given,
        found=named,
    )


def _no_file(text: str) -> UsageError:
    return UsageError(
        "{text!r} is no code, and the names of codes are not on this machine yet",
        hint="fetch them once: kiwoomctl symbols update",
        code="symbols_missing",
        text=text,
    )


def _has_digit(text: str) -> bool:
    return any(character.isdigit() for character in text)
