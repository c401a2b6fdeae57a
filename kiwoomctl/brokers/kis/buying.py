"""What an account may order of one code with its own cash (inquire-psbl-order).

The figures without arrears (미수) are taken. The deposits of the balance may leave out today's
buys; these do not.
"""

from __future__ import annotations

from decimal import Decimal

from kiwoomctl.brokers.kis import wire
from kiwoomctl.brokers.kis.client import KisClient
from kiwoomctl.brokers.kis.endpoints import ORDERABLE
from kiwoomctl.brokers.kis.fields import Fields
from kiwoomctl.brokers.kis.market import listed_code
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.portfolio import Holdings, total
from kiwoomctl.domain.results import Orderable


def read_orderable(
    client: KisClient, symbol: Symbol, price: Decimal, holdings: Holdings
) -> Orderable:
    """Return what can be bought and sold at a price in KRW (inquire-psbl-order).

    Raises:
        BrokerRejected: the broker does not know the code.
        Unavailable, SignInError, Busy: it was not read.
    """
    query = client.of_account(
        {
            "PDNO": listed_code(symbol),
            "ORD_UNPR": f"{price.normalize():f}",
            "ORD_DVSN": "00",
            "CMA_EVLU_AMT_ICLD_YN": "N",
            "OVRS_ICLD_YN": "N",
        }
    )
    field = Fields(ORDERABLE, client.call(ORDERABLE, query).body)
    held = [p for p in holdings.positions if p.symbol == symbol and p.credit_type is None]
    return Orderable(
        price=price,
        buyable_quantity=field.must("nrcvb_buy_qty", wire.quantity),
        buyable_amount=field.maybe("nrcvb_buy_amt", wire.money),
        sellable_quantity=total(position.sellable_quantity for position in held),
        orderable=field.maybe("ord_psbl_cash", wire.money),
        margin_rate=None,
    )
