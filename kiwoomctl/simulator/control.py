"""The control plane: what a test may see and change of a simulated server.

It answers JSON under ``/_sim/``; a bad request is HTTP 400 with one ``error``.
The state is computed by the same core that answers the TRs, so that a client's
figures can be compared with it exactly. Money and shares are whole numbers.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kiwoomctl.errors import UsageError
from kiwoomctl.simulator.clock import parse_moment
from kiwoomctl.simulator.control_orders import shown_orders
from kiwoomctl.simulator.exchange import AccountState, account_state
from kiwoomctl.simulator.faults import MODES, parse_fault
from kiwoomctl.simulator.messages import Reply, Request

if TYPE_CHECKING:
    from kiwoomctl.simulator.host import Host

_TOML_TYPE = "application/toml;charset=UTF-8"
_LARGEST_PRICE = 100_000_000


class _Bad(Exception):
    """The request cannot be done; ``status`` is what HTTP says."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def control(host: Host, request: Request) -> Reply:
    """Answer a request to the control plane."""
    route = (request.method, request.path)
    action = _ROUTES.get(route)
    try:
        if action is None:
            raise _no_route(request)
        if request.method == "GET":
            return action(host, {})
        return action(host, _json_body(request.body))
    except _Bad as bad:
        return _json(bad.status, {"error": str(bad)})


def state(host: Host, _data: dict[str, Any]) -> Reply:
    """Return orders, requests, tokens and every account."""
    accounts = [
        _account(account_state(host.exchange, account))
        for account in host.exchange.accounts.values()
    ]
    requests = [
        {"t": seen.t, "api_id": seen.api_id, "appkey": seen.appkey, "status": seen.status}
        for seen in host.records.requests
    ]
    return _json(
        200,
        {
            "orders": shown_orders(host.exchange),
            "requests": requests,
            "tokens_issued": host.tokens_issued,
            "accounts": accounts,
            "now": host.exchange.clock.now().isoformat(),
            "sockets": host.sockets(),
        },
    )


def sockets(host: Host, _data: dict[str, Any]) -> Reply:
    """Return which server it stands for, where live sessions are served, and those open."""
    return _json(200, {"environment": host.options.env, **host.sockets()})


def profiles(host: Host, _data: dict[str, Any]) -> Reply:
    """Return the text of a profiles.toml with every account."""
    blocks = []
    for number, account in enumerate(host.exchange.accounts.values(), start=1):
        lines = [
            f"[profiles.sim-{number:03d}]",
            f'broker = "{account.broker}"',
            'environment = "sim"',
            f'owner = "{account.owner}"',
        ]
        if account.broker == "kis":
            from kiwoomctl.simulator.kis.identity import hts_id, written_account

            lines.append(f'account = "{written_account(account)}"')
            lines.append(f'hts_id = "{hts_id(host.exchange, account)}"')
        if host.url is not None:
            lines.append(f'url = "{host.url}"')
            if host.options.rate == "off":
                lines.append('pace = "off"')
        lines.append(
            f'secret = {{ source = "inline", appkey = "{account.appkey}", '
            f'secretkey = "{account.secretkey}" }}'
        )
        blocks.append("\n".join(lines) + "\n")
    return Reply(200, "\n".join(blocks).encode(), content_type=_TOML_TYPE)


def add_fault(host: Host, data: dict[str, Any]) -> Reply:
    """Ask for a fault."""
    try:
        fault = parse_fault(data)
    except ValueError as exc:
        raise _Bad(str(exc)) from exc
    host.faults.add(fault)
    return _json(200, {"ok": True, "modes": sorted(MODES)})


def clear_faults(host: Host, _data: dict[str, Any]) -> Reply:
    """Forget every fault."""
    host.faults.clear()
    return _json(200, {"ok": True})


def set_clock(host: Host, data: dict[str, Any]) -> Reply:
    """Jump to a moment; the clock ticks on from there, with real sessions."""
    text = data.get("now")
    if not isinstance(text, str):
        raise _Bad("now must be a moment like 2026-10-02T09:00:00+09:00")
    try:
        moment = parse_moment(text)
    except UsageError as exc:
        raise _Bad(f"{text!r} is no ISO moment") from exc
    host.exchange.set_clock(moment)
    return _json(200, {"ok": True, "now": host.exchange.clock.now().isoformat()})


def set_price(host: Host, data: dict[str, Any]) -> Reply:
    """Hold a symbol's price in won; null lets it go."""
    symbol, price = data.get("symbol"), data.get("price")
    if not isinstance(symbol, str) or host.exchange.market.find(symbol) is None:
        raise _Bad(f"no instrument {symbol!r} is listed")
    if price is not None and (type(price) is not int or not 0 < price <= _LARGEST_PRICE):
        raise _Bad("price must be a whole number of won above 0, or null")
    host.exchange.pin_price(symbol, price)
    now = host.exchange.market.price(symbol, host.exchange.clock.now())
    return _json(200, {"ok": True, "symbol": symbol, "price": now})


def kill_tokens(host: Host, data: dict[str, Any]) -> Reply:
    """End the live tokens of a key, or of all."""
    appkey = data.get("appkey")
    if appkey is not None and appkey not in host.exchange.accounts:
        raise _Bad(f"no account has the key {appkey!r}")
    return _json(200, {"ok": True, "killed": host.kill_tokens(appkey)})


def reset(host: Host, _data: dict[str, Any]) -> Reply:
    """Begin again as the seed says."""
    host.reset()
    return _json(200, {"ok": True})


def change_orders(host: Host, path: str, data: dict[str, Any]) -> Reply:
    """Do what is asked of orders."""
    from kiwoomctl.simulator import control_orders as orders

    try:
        if path == "refusal":
            return _json(200, orders.choose_refusal(host.records.chosen_texts, data))
        action = {
            "foreign_order": orders.place_foreign,
            "reject_later": orders.reject_later,
            "fill": orders.fill_by_hand,
            "depth": orders.set_depth,
        }[path]
        return _json(200, action(host.exchange, data))
    except orders.BadOrder as bad:
        raise _Bad(str(bad)) from bad


def set_page_size(host: Host, data: dict[str, Any]) -> Reply:
    """Set how many rows a page of a TR has; null gives back the usual number."""
    api_id, rows = data.get("api_id"), data.get("rows")
    if not isinstance(api_id, str) or not api_id:
        raise _Bad("api_id must be a TR")
    if rows is None:
        host.records.page_sizes.pop(api_id, None)
    elif type(rows) is int and rows > 0:
        host.records.page_sizes[api_id] = rows
    else:
        raise _Bad("rows must be a whole number above 0, or null")
    return _json(200, {"ok": True})


def set_kis_rules(host: Host, data: dict[str, Any]) -> Reply:
    """Set rules of KIS's wire, and return them all."""
    if host.kis is None:
        raise _Bad("no account here speaks KIS's wire")
    try:
        host.kis.rules.change(data)
    except ValueError as error:
        raise _Bad(str(error)) from error
    if data:
        host.kis_live.heartbeats_anew()
    return _json(200, {"ok": True, "rules": host.kis.rules.values()})


def live(host: Host, name: str, data: dict[str, Any]) -> Reply:
    """Do what is asked of the live sessions."""
    from kiwoomctl.simulator import control_live

    try:
        return _json(200, control_live.ACTIONS[name](host, data))
    except control_live.BadLive as bad:
        raise _Bad(str(bad)) from bad


_Action = Callable[["Host", dict[str, Any]], Reply]


def _on_orders(name: str) -> _Action:
    return lambda host, data: change_orders(host, name, data)


def _on_live(name: str) -> _Action:
    return lambda host, data: live(host, name, data)


_ROUTES: dict[tuple[str, str], _Action] = {
    ("GET", "/_sim/state"): state,
    ("GET", "/_sim/profiles"): profiles,
    ("GET", "/_sim/sockets"): sockets,
    ("POST", "/_sim/faults"): add_fault,
    ("DELETE", "/_sim/faults"): clear_faults,
    ("POST", "/_sim/clock"): set_clock,
    ("POST", "/_sim/price"): set_price,
    ("POST", "/_sim/kill_tokens"): kill_tokens,
    ("POST", "/_sim/reset"): reset,
    ("POST", "/_sim/page_size"): set_page_size,
    ("POST", "/_sim/kis_rules"): set_kis_rules,
    **{
        ("POST", f"/_sim/{name}"): _on_orders(name)
        for name in ("foreign_order", "reject_later", "fill", "depth", "refusal")
    },
    **{("POST", f"/_sim/{name}"): _on_live(name) for name in ("ticks", "drop_sockets", "sockets")},
}


def _no_route(request: Request) -> _Bad:
    methods = sorted(method for method, path in _ROUTES if path == request.path)
    if methods:
        return _Bad(f"{request.path} takes {' or '.join(methods)}", 405)
    known = sorted({path for _, path in _ROUTES})
    return _Bad(f"no {request.path}; there is {', '.join(known)}", 404)


def _json_body(body: bytes) -> dict[str, Any]:
    if not body.strip():
        return {}
    try:
        data = json.loads(body)
    except ValueError as exc:
        raise _Bad("the body is not JSON") from exc
    if not isinstance(data, dict):
        raise _Bad("the body must be a JSON object")
    return data


def _account(whole: AccountState) -> dict[str, Any]:
    cash = whole.cash
    return {
        "appkey": whole.account.appkey,
        "account": whole.account.number,
        "cash": {
            "deposit": cash.deposit,
            "deposit_d1": cash.deposit_d1,
            "deposit_d2": cash.deposit_d2,
            "orderable": cash.orderable,
            "withdrawable": cash.withdrawable,
        },
        "holdings": [
            {
                "symbol": row.symbol,
                "name": row.name,
                "credit_type": row.credit_type,
                "loan_date": None if row.loan_date is None else row.loan_date.isoformat(),
                "quantity": row.quantity,
                "sellable_quantity": row.sellable_quantity,
                "average_price": row.average_price,
                "price": row.price,
                "cost": row.cost,
                "market_value": row.market_value,
                "unrealized_pnl": row.pnl,
                # Two decimals: the shortest text of the nearest float is the same number.
                "unrealized_pnl_rate": float(row.pnl_rate),
            }
            for row in whole.holdings
        ],
        "total_assets": whole.total_assets,
    }


def _json(status: int, data: object) -> Reply:
    return Reply(status, json.dumps(data, ensure_ascii=False).encode())
