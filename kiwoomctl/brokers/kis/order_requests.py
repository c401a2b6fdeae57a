"""The exact request of an order: which path and tr_id, which fields, every value as text.

Pure, so that a dry run shows what would be sent. The account's number is added as the order goes
out: no copy of it stands in the journal or in what a dry run prints.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from kiwoomctl.brokers.kis.endpoints import TRADING, Endpoint
from kiwoomctl.brokers.kis.market import listed_code
from kiwoomctl.brokers.kis.order_codes import TYPE_CODES, VENUES
from kiwoomctl.brokers.order_terms import padded_number, refuse_contradictions
from kiwoomctl.domain.orders import OrderType, Terms
from kiwoomctl.errors import Phrase, UsageError

_CASH: Final = f"{TRADING}order-cash"
_CHANGE: Final = Endpoint("TTTC0013U", "VTTC0013U", f"{TRADING}order-rvsecncl")
ENDPOINTS: Final = {
    "buy": Endpoint("TTTC0012U", "VTTC0012U", _CASH),
    "sell": Endpoint("TTTC0011U", "VTTC0011U", _CASH),
    "modify": _CHANGE,
    "cancel": _CHANGE,
}
_NUMBER_LENGTH = 10
_MODIFY, _CANCEL = "01", "02"


def request_body(terms: Terms, branches: Mapping[str, str]) -> Mapping[str, str]:
    """Return the body of this order without the account (order-cash, order-rvsecncl).

    Args:
        terms: what was asked for.
        branches: 조직번호 by order number; one that is not known is sent blank.

    Raises:
        UsageError: the broker takes no orders of this type at this exchange.
        ValueError: the terms contradict themselves; nothing of the kind may reach the wire.
    """
    refuse_contradictions(terms)
    if terms.action in {"modify", "cancel"}:
        return _change(terms, branches)
    if terms.exchange not in VENUES[terms.type]:
        raise UsageError(
            "this broker takes no {type} orders on {exchange}",
            hint="name another --type or --exchange; kiwoomctl help brokers shows what is taken",
            code="order_type",
            type=Phrase(terms.type.value),
            exchange=terms.exchange,
        )
    return {
        "PDNO": listed_code(terms.symbol),
        "ORD_DVSN": TYPE_CODES[terms.type],
        "ORD_QTY": str(terms.quantity),
        "ORD_UNPR": _won(terms.price),
        "EXCG_ID_DVSN_CD": terms.exchange,
        **_stop(terms),
    }


def _change(terms: Terms, branches: Mapping[str, str]) -> Mapping[str, str]:
    """Return the body of a modify or cancel; quantity 0 means all that remains."""
    modifies = terms.action == "modify"
    return {
        "KRX_FWDG_ORD_ORGNO": branches.get(terms.target or "", ""),
        "ORGN_ODNO": padded_number(terms.target, _NUMBER_LENGTH),
        "ORD_DVSN": TYPE_CODES[terms.type if modifies else OrderType.LIMIT],
        "RVSE_CNCL_DVSN_CD": _MODIFY if modifies else _CANCEL,
        "ORD_QTY": str(terms.quantity),
        "ORD_UNPR": _won(terms.price if modifies else None),
        "QTY_ALL_ORD_YN": "N" if terms.quantity else "Y",
        "EXCG_ID_DVSN_CD": terms.exchange,
        **_stop(terms),
    }


def _stop(terms: Terms) -> Mapping[str, str]:
    return {} if terms.stop_price is None else {"CNDT_PRIC": _won(terms.stop_price)}


def _won(price: Decimal | None) -> str:
    """Return a price as text; an order without one says 0."""
    return "0" if price is None else f"{price.normalize():f}"
