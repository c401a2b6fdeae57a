"""What the control plane does with the live sessions: trades asked for, cut lines, other rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from kiwoomctl.simulator.ticker import MOST_PER_SECOND

if TYPE_CHECKING:
    from kiwoomctl.simulator.host import Host


class BadLive(Exception):
    """The control plane cannot do this with the live sessions."""


def set_ticks(host: Host, data: Mapping[str, Any]) -> dict[str, Any]:
    """Let symbols, or other items, trade so often a second; 0 ends it.

    Raises:
        BadLive: no such list or rate.
    """
    symbols, rate = data.get("symbols"), data.get("per_second")
    if not isinstance(symbols, list) or not all(isinstance(name, str) for name in symbols):
        raise BadLive("symbols must be a list of codes")
    if type(rate) is bool or not isinstance(rate, int | float) or not 0 <= rate <= MOST_PER_SECOND:
        raise BadLive(f"per_second must be a number, 0 to {MOST_PER_SECOND:.0f}")
    for live in host.lives():
        live.ticker.ask(symbols, float(rate))
    return {"ok": True}


def drop_sockets(host: Host, data: Mapping[str, Any]) -> dict[str, Any]:
    """Cut the line of a key's sessions, or of all.

    Raises:
        BadLive: no account has the key.
    """
    appkey = data.get("appkey")
    if appkey is not None and appkey not in host.exchange.accounts:
        raise BadLive(f"no account has the key {appkey!r}")
    return {"ok": True, "dropped": sum(live.drop(appkey) for live in host.lives())}


def set_rules(host: Host, data: Mapping[str, Any]) -> dict[str, Any]:
    """Set the rules of Kiwoom's wire that are named.

    Raises:
        BadLive: there is no such rule, or it takes other values.
    """
    try:
        host.live.rules.change(data)
    except ValueError as error:
        raise BadLive(str(error)) from error
    host.live.heartbeats_anew()
    return {"ok": True}


ACTIONS: Mapping[str, Callable[[Host, Mapping[str, Any]], dict[str, Any]]] = {
    "ticks": set_ticks,
    "drop_sockets": drop_sockets,
    "sockets": set_rules,
}
