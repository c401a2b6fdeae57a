"""What a house offers and how far, as data: refusals and the table of brokers both read it.

Purpose: a thing that is refused because a broker has none is refused by an ``Offer`` of NO, so
that what the table says and what a command does cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from kiwoomctl.domain.orders import Exchange, OrderType
from kiwoomctl.domain.portfolio import Environment

if TYPE_CHECKING:
    from kiwoomctl.domain.live import LiveKind


class Ability(StrEnum):
    """What a person can do with an account, or learn of it."""

    CASH = "cash"
    WITHDRAWABLE = "withdrawable"
    POSITIONS = "positions"
    SUMMARY = "summary"
    QUOTE = "quote"
    QUOTE_NAMES = "quote names"
    LISTS = "lists"
    ORDERABLE = "orderable"
    ORDERS = "orders"
    FILLS = "fills"
    FILL_ROWS = "fill rows"
    FILL_COSTS = "fill costs"
    REALIZED = "realized"
    TRANSACTIONS = "transactions"
    MODIFY = "modify"
    CANCEL = "cancel"
    WATCH = "watch"
    LIVE_TRADES = "live trades"
    LIVE_ORDERS = "live orders"
    LIVE_BALANCES = "live balances"
    CONDITIONS = "conditions"
    RAW_CALLS = "raw calls"


class Extent(StrEnum):
    """How far something is offered."""

    YES = "yes"
    NO = "no"
    """Refused by a line that names it."""
    EMPTY = "empty"
    """The fields of it stay empty."""
    SUM = "sum"
    """One sum for each order."""
    KEPT = "kept"
    """From what ``symbols update`` keeps on this machine."""
    OPEN = "open"
    """It is sent; whether this server takes it is not published."""


class Offer(NamedTuple):
    """What the two servers of a house do."""

    real: Extent
    mock: Extent

    def at(self, environment: Environment) -> Extent:
        """Return what holds for an account.

        A simulator may stand for either server, and refuses by itself what that one has not.
        """
        if environment == "sim":
            return self.mock if self.real is Extent.NO else self.real
        return self.mock if environment == "mock" else self.real


Offers = Mapping[Ability, Offer]
OrderOffers = Mapping[Exchange, Mapping[OrderType, Offer]]
"""Which order types are taken where."""

WORDS: Final = {
    Ability.CASH: "cash (deposits)",
    Ability.WITHDRAWABLE: "cash: withdrawable",
    Ability.POSITIONS: "positions (holdings)",
    Ability.SUMMARY: "summary (totals)",
    Ability.QUOTE: "quote (price now)",
    Ability.QUOTE_NAMES: "quote: names",
    Ability.LISTS: "symbols update (codes)",
    Ability.ORDERABLE: "orderable (buying power)",
    Ability.ORDERS: "orders (of a day)",
    Ability.FILLS: "fills (of a day)",
    Ability.FILL_ROWS: "fills: a row for each fill",
    Ability.FILL_COSTS: "fills: commission and tax",
    Ability.REALIZED: "pnl (realized profit)",
    Ability.TRANSACTIONS: "transactions (ledger)",
    Ability.MODIFY: "modify (the price)",
    Ability.CANCEL: "cancel (an order)",
    Ability.WATCH: "watch (all accounts)",
    Ability.LIVE_TRADES: "stream: trades",
    Ability.LIVE_ORDERS: "stream: order notices",
    Ability.LIVE_BALANCES: "stream: balances",
    Ability.CONDITIONS: "condition search",
    Ability.RAW_CALLS: "api call (raw)",
}
"""What people call them."""


_LIVE: Final = {
    Ability.LIVE_TRADES: "trades",
    Ability.LIVE_ORDERS: "orders",
    Ability.LIVE_BALANCES: "balance",
}


def live_offers(kinds: Iterable[LiveKind]) -> Offers:
    """Return what of the live events a house has, by the kinds it names."""
    words = {kind.word for kind in kinds}
    return {
        thing: both(Extent.YES if word in words else Extent.NO) for thing, word in _LIVE.items()
    }


def both(extent: Extent) -> Offer:
    """Return the offer of a house whose two servers are alike."""
    return Offer(extent, extent)
