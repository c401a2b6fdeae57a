"""Codes and names: fetching the lists, and finding the code that a name means.

Names are for reads only: what an order is for is always said by its code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Protocol

from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.market import MARKETS, Listing
from kiwoomctl.errors import BrokerRejected, Phrase, Unreadable, UsageError
from kiwoomctl.services import symbol_file
from kiwoomctl.services.accounts import Account

MOST_NAMED = 10
"""How many candidates an error lists."""
_NEEDED = frozenset({"KOSPI", "KOSDAQ"})


class Household(Account, Protocol):
    """An account and the folder of its world."""

    @property
    def world(self) -> Path:
        """The folder its world's files are in."""


class MarketCount(NamedTuple):
    """How many codes of a market there are."""

    market: str
    symbols: int


class Updated(NamedTuple):
    """What an update has brought."""

    markets: tuple[MarketCount, ...]
    refused: tuple[BrokerRejected, ...]
    """One for each list that the broker does not give."""


def update(account: Household, on_market: Callable[[str], None], now: datetime) -> Updated:
    """Fetch the lists of all markets and replace the file of the account's world.

    A list that the broker refuses is named, and the others are kept; any other trouble leaves
    the old file as it is.

    Raises:
        BrokerRejected, Unreadable: there is no use in what was given.
        SignInError, Unavailable, Busy: a list was not read whole.
        StateError: the file cannot be written.
    """
    broker = account.broker()
    found: dict[Symbol, Listing] = {}
    refused: list[BrokerRejected] = []
    for market in MARKETS:
        on_market(market)
        try:
            listed = broker.listings(market)
        except BrokerRejected as error:
            if market in _NEEDED:
                raise
            refused.append(
                BrokerRejected(
                    "the list of {market} was refused: {reason}",
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
    symbol_file.write(account.world, found.values(), now)
    return Updated(_counted(found.values()), tuple(refused))


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
