"""The exact request of an order: which API, which fields, every value as text.

Pure, so that a dry run shows what would be sent, to the letter.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from kiwoomctl.brokers.kiwoom.order_codes import TYPE_CODES
from kiwoomctl.brokers.order_terms import padded_number, refuse_contradictions
from kiwoomctl.domain.orders import Terms

ORDER_PATH: Final = "/api/dostk/ordr"
API_IDS: Final = {"buy": "kt10000", "sell": "kt10001", "modify": "kt10002", "cancel": "kt10003"}
_NUMBER_LENGTH = 7


def request_body(terms: Terms) -> Mapping[str, str]:
    """Return the body of this order (kt10000 buy, kt10001 sell, kt10002 modify, kt10003 cancel).

    Raises:
        ValueError: the terms contradict themselves; nothing of the kind may reach the wire.
    """
    refuse_contradictions(terms)
    head = {"dmst_stex_tp": terms.exchange}
    if terms.action == "modify":
        return {
            **head,
            "orig_ord_no": padded_number(terms.target, _NUMBER_LENGTH),
            "stk_cd": terms.symbol,
            "mdfy_qty": str(terms.quantity),
            "mdfy_uv": _won(terms.price),
            "mdfy_cond_uv": _won(terms.stop_price),
        }
    if terms.action == "cancel":
        return {
            **head,
            "orig_ord_no": padded_number(terms.target, _NUMBER_LENGTH),
            "stk_cd": terms.symbol,
            "cncl_qty": str(terms.quantity),
        }
    return {
        **head,
        "stk_cd": terms.symbol,
        "ord_qty": str(terms.quantity),
        "ord_uv": _won(terms.price),
        "trde_tp": TYPE_CODES[terms.type],
        "cond_uv": _won(terms.stop_price),
    }


def _won(price: Decimal | None) -> str:
    return "" if price is None else f"{price.normalize():f}"
