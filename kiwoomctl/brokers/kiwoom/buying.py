"""What an account may order of one code with its own cash (kt00011; holdings from kt00018).

kt00010 would answer the same in one call, but fails on the mock server and on closed days. A
bucket that does not apply is blank. The figures may lag behind a buy that was just placed.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from kiwoomctl.brokers.kiwoom import wire
from kiwoomctl.brokers.kiwoom.client import KiwoomClient
from kiwoomctl.brokers.kiwoom.endpoints import ACCOUNT_PATH, Endpoint
from kiwoomctl.brokers.kiwoom.fields import Fields
from kiwoomctl.brokers.replies import unusable
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.portfolio import Holdings, total
from kiwoomctl.domain.results import Orderable

BUYING: Final = Endpoint(
    "kt00011", ACCOUNT_PATH, required=("min_ord_alowq", "min_ord_alow_amt", "ord_alowa")
)
_OWN_CASH: Final = ("min_", "profa_100")
"""The buckets without arrears and with full margin."""


def read_orderable(
    client: KiwoomClient, symbol: Symbol, price: Decimal, holdings: Holdings
) -> Orderable:
    """Return what can be bought and sold at a price in KRW (kt00011).

    Raises:
        BrokerRejected: the broker does not know the code.
        Unavailable, SignInError, Busy: it was not read.
    """
    body = client.call(BUYING, {"stk_cd": symbol, "uv": f"{price:f}"}).body
    texts = {name: text for name, text in body.items() if isinstance(text, str)}
    field = Fields(BUYING, texts)
    # Of two figures for own cash the smaller one is a promise that holds.
    shares = [field.maybe(f"{bucket}ord_alowq", wire.quantity) for bucket in _OWN_CASH]
    amounts = [field.figure(f"{bucket}ord_alow_amt") for bucket in _OWN_CASH]
    buyable = min((count for count in shares if count is not None), default=None)
    if buyable is None:
        raise unusable(BUYING, "min_ord_alowq")
    held = [p for p in holdings.positions if p.symbol == symbol and p.loan_date is None]
    return Orderable(
        price=price,
        buyable_quantity=buyable,
        buyable_amount=min((won for won in amounts if won is not None), default=None),
        sellable_quantity=total(position.sellable_quantity for position in held),
        orderable=field.figure("ord_alowa"),
        margin_rate=field.figure("aplc_rt"),
    )
