"""What Kiwoom offers: its mock server lacks some calls, trades at KRX only, and names that itself.

That an order is taken by request says nothing of the hour: the sessions of its type are in the
checks of an order.
"""

from __future__ import annotations

from typing import Final

from kiwoomctl.brokers.kiwoom.live.kinds import KINDS
from kiwoomctl.brokers.kiwoom.order_codes import TYPE_CODES
from kiwoomctl.domain.offers import Ability, Extent, Offer, Offers, OrderOffers, both, live_offers
from kiwoomctl.domain.orders import OrderType

YES, NO, OPEN = Extent.YES, Extent.NO, Extent.OPEN
_ONLY_REAL: Final = Offer(YES, NO)

OFFERS: Final[Offers] = {
    Ability.CASH: both(YES),
    Ability.WITHDRAWABLE: both(YES),
    Ability.POSITIONS: both(YES),
    Ability.SUMMARY: both(YES),
    Ability.QUOTE: both(YES),
    Ability.QUOTE_NAMES: both(YES),
    Ability.LISTS: both(YES),
    Ability.ORDERABLE: both(YES),
    Ability.ORDERS: both(YES),
    Ability.FILLS: both(YES),
    Ability.FILL_ROWS: both(YES),
    Ability.FILL_COSTS: both(YES),
    Ability.REALIZED: both(YES),
    Ability.TRANSACTIONS: _ONLY_REAL,
    Ability.MODIFY: both(YES),
    Ability.CANCEL: both(YES),
    Ability.WATCH: both(YES),
    **live_offers(KINDS),
    Ability.CONDITIONS: _ONLY_REAL,
    Ability.RAW_CALLS: both(YES),
}

_ABOLISHED: Final = frozenset({OrderType.SINGLE})
_AT_A_CLOSE: Final = frozenset({OrderType.PRE_CLOSE, OrderType.POST_CLOSE})
"""Their sessions are outside the hours of the mock server."""
_UNTOLD_AT_NXT: Final = frozenset(
    {
        OrderType.MARKET,
        OrderType.MARKET_IOC,
        OrderType.MARKET_FOK,
        OrderType.CONDITIONAL,
        *_AT_A_CLOSE,
        *_ABOLISHED,
    }
)
_UNTOLD_AT_SOR: Final = frozenset(
    {
        OrderType.CONDITIONAL,
        OrderType.STOP,
        OrderType.MID,
        OrderType.MID_IOC,
        OrderType.MID_FOK,
        *_AT_A_CLOSE,
        *_ABOLISHED,
    }
)
ORDERS: Final[OrderOffers] = {
    "KRX": {
        kind: Offer(
            OPEN if kind in _ABOLISHED else YES,
            OPEN if kind in _ABOLISHED | _AT_A_CLOSE else YES,
        )
        for kind in TYPE_CODES
    },
    "NXT": {kind: Offer(OPEN if kind in _UNTOLD_AT_NXT else YES, NO) for kind in TYPE_CODES},
    "SOR": {kind: Offer(OPEN if kind in _UNTOLD_AT_SOR else YES, NO) for kind in TYPE_CODES},
}
"""Which types at which exchange: the broker documents no limit but for the hours."""
