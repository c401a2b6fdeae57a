"""Which function answers which endpoint; each is imported when it is first asked for."""

from __future__ import annotations

from importlib import import_module

from kiwoomctl.simulator.kis.query import Handler

_PLACES: dict[str, tuple[str, str]] = {
    "balance": ("accounts", "balance"),
    "orderable": ("accounts", "orderable"),
    "sellable": ("accounts", "sellable"),
    "assets": ("assets", "assets"),
    "margin": ("assets", "margin"),
    "price": ("quotes", "price"),
    "book": ("quotes", "book"),
    "prices": ("quotes", "prices"),
    "stock": ("quotes", "stock"),
    "holidays": ("quotes", "holidays"),
    "buy": ("orders", "place"),
    "sell": ("orders", "place"),
    "change": ("orders", "place"),
    "open": ("order_lists", "open_orders"),
    "daily": ("order_lists", "daily_orders"),
    "daily_before": ("order_lists", "daily_orders"),
    "realized_today": ("results", "today"),
    "realized_days": ("results", "by_day"),
    "realized_sales": ("results", "by_sale"),
}


def handler(name: str) -> Handler:
    """Return what answers the endpoint of this name in the catalog."""
    module, function = _PLACES[name]
    found: Handler = getattr(import_module(f"kiwoomctl.simulator.kis.{module}"), function)
    return found
