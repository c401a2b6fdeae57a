"""What a simulated server keeps on disk between processes.

Kept: clock, pinned prices, tokens, orders and fills, and accounts that differ
from what the seed gives. Everything else follows from the seed and the day it was sown on. The
file is private, replaced whole, and read and written under an OS lock, so that
two processes see one server.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

from kiwoomctl.errors import StateError
from kiwoomctl.files import ensure_folder, read_private, write_private
from kiwoomctl.locks import FileLock
from kiwoomctl.simulator.account import Account, Lot, Trade
from kiwoomctl.simulator.clock import ClockMark
from kiwoomctl.simulator.host import Host
from kiwoomctl.simulator.order_store import Rows, dump_orders, read_orders, take_over
from kiwoomctl.simulator.tokens import LIFETIME, Token

STATE_FILE = "simulator.json"
LOCK_FILE = "simulator.lock"
LOCK_SECONDS = 30.0

_VERSION = 2
# The first version knew no orders.
_READABLE = (1, 2)

Fingerprint = tuple[int, int, int]


class Store:
    """One host's file; every method is called with the lock held."""

    def __init__(self, folder: Path, host: Host) -> None:
        ensure_folder(folder)
        self.path = folder / STATE_FILE
        self.lock = FileLock(folder / LOCK_FILE)
        self.host = host
        self._seen: Fingerprint | None = None
        self._saved_revision = -1
        self._orders, self._fills = Rows(), Rows()

    def load(self) -> None:
        """Take over what is on disk if another process has changed it.

        Raises:
            StateError: the file is damaged or of a newer version.
        """
        fingerprint = self._fingerprint()
        if fingerprint is None:
            if self._seen is not None:
                # Somebody took the file away: begin again as on the first day.
                self.host.reset()
            self.save()
            return
        if fingerprint == self._seen:
            return
        text = read_private(self.path)
        try:
            data = json.loads(text or "")
            fits = self._fits(data)
            if fits:
                restore(self.host, data)
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise StateError(
                "the simulator's state in {path} cannot be read",
                hint="start anew with: kiwoomctl demo reset",
                path=self.path,
            ) from exc
        if not fits:
            self.save()
            return
        self._seen = fingerprint
        self._saved_revision = self.host.revision

    @property
    def is_behind(self) -> bool:
        """Whether anything has changed since the file was written or read."""
        return self.host.revision != self._saved_revision

    def save(self) -> None:
        """Write the file."""
        write_private(
            self.path, json.dumps(dump(self.host, self._orders, self._fills), ensure_ascii=False)
        )
        self._seen = self._fingerprint()
        self._saved_revision = self.host.revision

    def _fits(self, data: dict[str, Any]) -> bool:
        """Tell whether the file belongs to a server made with the same options."""
        if data["version"] not in _READABLE:
            raise ValueError(data["version"])
        return bool(data["made_with"] == _made_with(self.host))

    def _fingerprint(self) -> Fingerprint | None:
        try:
            found = self.path.stat()
        except FileNotFoundError:
            return None
        return (found.st_ino, found.st_mtime_ns, found.st_size)


def dump(host: Host, orders: Rows, fills: Rows) -> dict[str, Any]:
    """Return what has to be kept, as JSON values."""
    exchange = host.exchange
    mark = exchange.clock.mark()
    return {
        "version": _VERSION,
        "made_with": _made_with(host),
        "seed_day": exchange.seed_day.isoformat(),
        "clock": {
            "simulated": mark.simulated.isoformat(),
            "machine": mark.machine.isoformat(),
            "stays_open": mark.stays_open,
        },
        "pins": exchange.market.pins,
        "accounts": [
            _dump_account(account) for account in exchange.accounts.values() if account.touched
        ],
        **dump_orders(exchange, orders, fills),
        "tokens_issued": host.tokens.issued,
        "tokens": [
            {
                "text": token.text,
                "appkey": token.appkey,
                "expires_at": token.expires_at.isoformat(),
            }
            for token in host.tokens.live_tokens()
        ],
        **_dump_kis(host),
    }


def restore(host: Host, data: dict[str, Any]) -> None:
    """Bring a host to what was kept."""
    exchange = host.exchange
    clock = data["clock"]
    mark = ClockMark(
        simulated=datetime.fromisoformat(clock["simulated"]),
        machine=datetime.fromisoformat(clock["machine"]),
        stays_open=bool(clock["stays_open"]),
    )
    seed_day = date.fromisoformat(data["seed_day"])
    kept = [_read_account(account) for account in data["accounts"]]
    tokens = [
        Token(token["text"], token["appkey"], datetime.fromisoformat(token["expires_at"]))
        for token in data["tokens"]
    ]
    kept_orders = read_orders(data)
    pins = {str(symbol): int(price) for symbol, price in data["pins"].items()}
    exchange.clock.restore(mark)
    if seed_day != exchange.seed_day or any(a.touched for a in exchange.accounts.values()):
        exchange.reseed(seed_day)
    exchange.accounts.update({account.appkey: account for account in kept})
    exchange.market.pins = pins
    take_over(exchange, kept_orders)
    host.tokens.restore(tokens, int(data["tokens_issued"]))
    if host.kis is not None:
        _restore_kis(host, data["kis"])


def _made_with(host: Host) -> dict[str, Any]:
    options = host.options
    return {
        "accounts": options.accounts,
        "positions": options.positions,
        "seed": options.seed,
        "env": options.env,
        "clock": options.clock,
        # A server of Kiwoom's alone says nothing of it, as before there was another.
        **({"kis": sorted(options.kis)} if options.kis else {}),
    }


def _dump_kis(host: Host) -> dict[str, Any]:
    """Return the tokens of KIS's wire; nothing where nobody speaks it."""
    if host.kis is None:
        return {}
    tokens = [
        {"text": token.text, "appkey": token.appkey, "issued_at": token.issued_at.isoformat()}
        for token in host.kis.tokens.live_tokens()
    ]
    return {"kis": {"tokens_issued": host.kis.tokens.issued, "tokens": tokens}}


def _restore_kis(host: Host, data: dict[str, Any]) -> None:
    tokens = [
        Token(
            token["text"],
            token["appkey"],
            datetime.fromisoformat(token["issued_at"]) + LIFETIME,
        )
        for token in data["tokens"]
    ]
    if host.kis is not None:
        host.kis.tokens.restore(tokens, int(data["tokens_issued"]))


def _dump_account(account: Account) -> dict[str, Any]:
    lots = [
        {
            **lot._asdict(),
            "loan_date": _iso(lot.loan_date),
            "closed_on": _iso(lot.closed_on),
        }
        for lot in account.lots
    ]
    trades = [
        {
            **trade._asdict(),
            "trade_date": _iso(trade.trade_date),
            "settle_date": _iso(trade.settle_date),
        }
        for trade in account.trades
    ]
    return {**account.values(), "lots": lots, "trades": trades}


def _read_account(data: dict[str, Any]) -> Account:
    lots = [
        Lot(
            **{
                **lot,
                "loan_date": _day(lot["loan_date"]),
                "closed_on": _day(lot["closed_on"]),
            }
        )
        for lot in data["lots"]
    ]
    trades = [
        Trade(
            **{
                **_costed(trade),
                "trade_date": date.fromisoformat(trade["trade_date"]),
                "settle_date": date.fromisoformat(trade["settle_date"]),
            }
        )
        for trade in data["trades"]
    ]
    return Account(**{**data, "lots": lots, "trades": trades})


def _costed(trade: dict[str, Any]) -> dict[str, Any]:
    """Return a trade with a cost: a file of before costs were kept tells of no gain."""
    if "cost" in trade or trade["side"] == "buy":
        return trade
    return {**trade, "cost": trade["price"] * trade["quantity"]}


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
