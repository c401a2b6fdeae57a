"""What a person reads before an order goes out: a few lines for each account, on stderr."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from kiwoomctl.domain.orders import whole_number
from kiwoomctl.locale import _, fill, told
from kiwoomctl.render.cells import pad, width
from kiwoomctl.render.grid import MARKS

if TYPE_CHECKING:
    from kiwoomctl.services.orders.preview import Preview

_ACTIONS = {
    "buy": "BUY",
    "sell": "SELL",
    "modify": "MODIFY",
    "cancel": "CANCEL",
}


def preview_text(previews: Sequence[Preview], *, demo: bool) -> str:
    """Return the lines that stand before the question."""
    return "\n".join(_block(shown, demo=demo) for shown in previews)


def _block(shown: Preview, *, demo: bool) -> str:
    mark = "[DEMO] " if demo else MARKS.get(shown.environment, _("[REAL MONEY] "))
    rows = [(_("What"), _wish(shown)), (_("Account"), _whose(shown))]
    if shown.target is not None:
        rows.append((_("Changes"), _target(shown)))
    if shown.amount is not None:
        rows.append((_("Value"), _value(shown)))
    if shown.situation.last is not None:
        rows.append((_("Last price"), _last(shown)))
    rows += [
        (f"{verdict.code.value} {_(verdict.tier.word)}", told(verdict.message))
        for verdict in shown.verdicts
    ]
    wide = max(width(label) for label, _text in rows)
    head = f"{mark}{_(_ACTIONS[shown.terms.action])}"
    return "\n".join(
        [head, *(f"  {pad(label, wide, right=False)}  {text}" for label, text in rows)]
    )


def _whose(shown: Preview) -> str:
    parts = [shown.profile, shown.masked_account or "?", _(shown.environment)]
    if shown.account.owner:
        parts.insert(1, shown.account.owner)
    return " · ".join(parts)


def _wish(shown: Preview) -> str:
    """Return the side in words, how many of what, at which price and where."""
    terms = shown.terms
    parts = [_(terms.side)] if terms.action in {"modify", "cancel"} else []
    parts += [
        f"{terms.symbol} {shown.name}".strip(),
        _("1 share")
        if shown.quantity == 1
        else fill("{count} shares", {"count": _figure(shown.quantity)}),
    ]
    if terms.action != "cancel":
        price = fill("at {price} KRW", {"price": _figure(terms.price)}) if terms.price else ""
        parts.append(f"{_(terms.type.value)} {price}".strip())
    if terms.stop_price is not None:
        parts.append(fill("stop price {price}", {"price": _figure(terms.stop_price)}))
    parts.append(terms.exchange)
    return " · ".join(parts)


def _target(shown: Preview) -> str:
    target = shown.target
    assert target is not None, "asked before"  # noqa: S101 - for the type
    values = {
        "number": whole_number(target.number),
        "remaining": _figure(target.remaining_quantity),
        "quantity": _figure(target.quantity),
        "price": _figure(target.price),
    }
    return fill("order {number}: {remaining} of {quantity} open, at {price}", values)


def _value(shown: Preview) -> str:
    amount = fill("{amount} KRW", {"amount": _figure(shown.amount)})
    if shown.share is None:
        return amount
    return f"{amount} · " + fill("{share} % of the account", {"share": f"{shown.share:,.1f}"})


def _last(shown: Preview) -> str:
    last = _figure(shown.situation.last)
    if shown.distance is None:
        return last
    away = {"distance": f"{abs(shown.distance):,.2f}"}
    if not round(shown.distance, 2):
        return f"{last} · {_('the order is at it')}"
    if shown.distance > 0:
        return f"{last} · {fill('the order is {distance} % above it', away)}"
    return f"{last} · {fill('the order is {distance} % below it', away)}"


def _figure(value: Decimal | int | None) -> str:
    if value is None:
        return "?"
    return f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"
