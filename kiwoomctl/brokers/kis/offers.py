"""What KIS offers, read off the calls themselves: one without a mock tr_id is real only.

It has no call that lists deposits and trades, none that tells what can be withdrawn, and no
condition searches for programs. Which order types the mock server takes is not published: they
are sent there, and it decides.
"""

from __future__ import annotations

from typing import Final

from kiwoomctl.brokers.kis.endpoints import BALANCE, ORDERABLE, QUOTE, Endpoint
from kiwoomctl.brokers.kis.live.kinds import KINDS
from kiwoomctl.brokers.kis.market import MASTER
from kiwoomctl.brokers.kis.order_codes import TYPE_CODES, VENUES
from kiwoomctl.brokers.kis.order_lists import DAY
from kiwoomctl.brokers.kis.order_requests import ENDPOINTS
from kiwoomctl.brokers.kis.results import DAYS, SALES
from kiwoomctl.domain.offers import Ability, Extent, Offer, Offers, OrderOffers, both, live_offers
from kiwoomctl.domain.orders import OrderType

YES, NO, OPEN = Extent.YES, Extent.NO, Extent.OPEN


def _by(*calls: Endpoint, without: Extent = NO) -> Offer:
    """Return what these calls make possible; ``without`` where the mock server lacks one."""
    return Offer(YES, without if any(call.mock is None for call in calls) else YES)


OFFERS: Final[Offers] = {
    Ability.CASH: _by(BALANCE, ORDERABLE),
    Ability.WITHDRAWABLE: both(Extent.EMPTY),
    Ability.POSITIONS: _by(BALANCE),
    Ability.SUMMARY: _by(BALANCE),
    Ability.QUOTE: _by(QUOTE),
    Ability.QUOTE_NAMES: _by(MASTER, without=Extent.KEPT),
    Ability.LISTS: both(YES),
    Ability.ORDERABLE: _by(ORDERABLE, BALANCE),
    Ability.ORDERS: _by(DAY),
    Ability.FILLS: _by(DAY),
    Ability.FILL_ROWS: both(Extent.SUM),
    Ability.FILL_COSTS: both(Extent.EMPTY),
    Ability.REALIZED: _by(DAYS, SALES),
    Ability.TRANSACTIONS: both(NO),
    Ability.MODIFY: _by(ENDPOINTS["modify"]),
    Ability.CANCEL: _by(ENDPOINTS["cancel"]),
    Ability.WATCH: _by(BALANCE, QUOTE),
    **live_offers(KINDS),
    Ability.CONDITIONS: both(NO),
    Ability.RAW_CALLS: both(NO),
}


def _order(kind: OrderType, exchange: str) -> Offer:
    if exchange not in VENUES[kind]:
        return both(NO)
    if exchange != "KRX":
        return Offer(YES, NO)
    return Offer(YES, YES if kind in _ON_MOCK else OPEN)


_ON_MOCK: Final = frozenset(
    {
        OrderType.LIMIT,
        OrderType.MARKET,
        OrderType.CONDITIONAL,
        OrderType.BEST,
        OrderType.FIRST,
    }
)
"""The types that programs are known to use there."""
ORDERS: Final[OrderOffers] = {
    "KRX": {kind: _order(kind, "KRX") for kind in TYPE_CODES},
    "NXT": {kind: _order(kind, "NXT") for kind in TYPE_CODES},
    "SOR": {kind: _order(kind, "SOR") for kind in TYPE_CODES},
}
"""Which types at which exchange."""
