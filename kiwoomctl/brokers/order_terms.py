"""What no order on any broker's wire may be: the last check before its request is written."""

from __future__ import annotations

from kiwoomctl.domain.orders import Terms


def refuse_contradictions(terms: Terms) -> None:
    """Stop what the command line should have stopped: a missing price must not mean market.

    Raises:
        ValueError: the terms contradict themselves.
    """
    new = terms.action in {"buy", "sell"}
    priced = terms.type.takes_price if new else terms.action == "modify"
    wrong = (
        (terms.price is None) == priced
        or (terms.price is not None and terms.price <= 0)
        or (terms.stop_price is not None and terms.stop_price <= 0)
        or (new and (terms.stop_price is not None) != terms.type.takes_stop_price)
        or (terms.quantity <= 0 if new else terms.quantity < 0)
        or (new and terms.side != terms.action)
        or (terms.target is None) != new
    )
    if wrong:
        msg = f"these terms are no {terms.action} order"
        raise ValueError(msg)


def padded_number(number: str | None, length: int) -> str:
    """Return an order's number filled up with zeros; raises ValueError for what is none."""
    if number is None or not number.isdigit() or len(number) > length:
        msg = "not an order number"
        raise ValueError(msg)
    return number.zfill(length)
