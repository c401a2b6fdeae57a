"""When the symbols that somebody watches trade.

Three reasons: the price has moved; somebody has asked for so many trades a second; or prices
move by themselves, and then each symbol has a pace of its own while its exchange trades. No
trade ever changes a price: what a feed tells is what the quotes of the same moment say.

The caller holds the host's lock.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from kiwoomctl.domain.prices import next_tick_up
from kiwoomctl.simulator.market import Quote
from kiwoomctl.simulator.trading_hours import trades_now

if TYPE_CHECKING:
    from kiwoomctl.simulator.exchange import Exchange

MOST_PER_SECOND = 1_000.0

# A symbol that trades by itself does so about every 1 to 8 seconds.
_QUICKEST, _PACES = 1.0, 8
# Whoever was not asked for so long does not get all that he missed.
_CATCH_UP_SECONDS = 2.0
_LARGEST_TRADE = 300
# One trade in so many carries the time of the second before, as it happens on the real feed.
_LATE_ONE_IN = 25


class Tape(NamedTuple):
    """What has traded of a symbol since the ticker began; shares and won."""

    trades: int = 0
    bought: int = 0
    sold: int = 0
    buys: int = 0
    sales: int = 0
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Tick:
    """One trade of a symbol."""

    symbol: str
    quote: Quote
    ask: int
    """Won; the best offer to sell. The best offer to buy is the price itself."""
    volume: int
    """Shares; below 0 where the seller took the bid."""
    tape: Tape
    """Up to this trade and with it."""
    moment: datetime
    """What the exchange's stamp says; it may go back by a second."""
    previous: int | None
    """The price of the trade before; None for the first."""


class Ticker:
    """The trades of one server; everybody who watches sees the same."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.rates: dict[str, float] = {}
        """Trades a second, where somebody has asked for them."""
        self._prices: dict[str, int] = {}
        self._tapes: dict[str, Tape] = {}
        self._due: dict[str, float] = {}
        self.moved = False
        """Whether any price may have moved between the last two looks."""
        self._mark: object = None
        self._quotes: dict[str, Quote] = {}

    def clear(self) -> None:
        """Forget what was asked and traded."""
        self.rates.clear()
        self._prices.clear()
        self._tapes.clear()
        self._due.clear()
        self._quotes.clear()
        self._mark = None

    def ask(self, symbols: Iterable[str], per_second: float) -> None:
        """Let these trade so often from now on; 0 ends it."""
        for symbol in symbols:
            self._due.pop(symbol, None)
            if per_second:
                self.rates[symbol] = per_second
            else:
                self.rates.pop(symbol, None)

    def watch(self, symbol: str) -> None:
        """Begin to look at a listed symbol: its next change of price is a trade."""
        if symbol not in self._prices:
            self._prices[symbol] = self._price(symbol, self.exchange.clock.now())

    def ticks(
        self, watched: Iterable[str], others: Iterable[str], now: float
    ) -> tuple[list[Tick], list[str]]:
        """Return what has traded by now, and which other items have something to tell.

        Args:
            watched: Listed symbols.
            others: Sectors and whatever else is not listed.
            now: A monotonic time in seconds.
        """
        moment = self.exchange.clock.now()
        moved = self.moved = self._may_have_moved(moment)
        trading = self.exchange.market.moving and trades_now("SOR", moment)
        found = []
        for symbol in watched:
            count = self._count(symbol, now, trading=trading)
            if moved and not count:
                count = int(self._price(symbol, moment) != self._prices.get(symbol))
            found += [self._tick(symbol, moment) for _ in range(count)]
        telling = [
            item
            for item in others
            for _ in range(max(self._count(item, now, trading=trading), moved))
        ]
        return found, telling

    def _may_have_moved(self, moment: datetime) -> bool:
        """Tell whether any price can have changed since the last look."""
        market = self.exchange.market
        mark = (moment.date(), moment.hour, moment.minute, dict(market.pins))
        if mark == self._mark:
            return False
        self._mark = mark
        self._quotes.clear()
        return True

    def _count(self, symbol: str, now: float, *, trading: bool) -> int:
        rate = self.rates.get(symbol)
        if rate is None and not trading:
            self._due.pop(symbol, None)
            return 0
        gap = 1.0 / rate if rate else _pace(symbol)
        due = self._due.get(symbol)
        if due is None:
            # Spread out, so that not all symbols trade in the same instant.
            self._due[symbol] = now + gap * _part(symbol)
            return 0
        if now < due:
            return 0
        due = max(due, now - _CATCH_UP_SECONDS)
        count = int((now - due) / gap) + 1
        self._due[symbol] = due + count * gap
        return count

    def _tick(self, symbol: str, moment: datetime) -> Tick:
        quote = self._quotes.get(symbol)
        if quote is None:
            quote = self._quotes[symbol] = self.exchange.market.quote(symbol, moment)
        before = self._tapes.get(symbol, Tape())
        chance = zlib.crc32(f"{self.exchange.seed.seed}/{symbol}/{before.trades}".encode())
        size = chance % _LARGEST_TRADE + 1
        is_buy = bool(chance >> 12 & 1)
        tape = self._tapes[symbol] = Tape(
            before.trades + 1,
            before.bought + (size if is_buy else 0),
            before.sold + (0 if is_buy else size),
            before.buys + is_buy,
            before.sales + (not is_buy),
            before.amount + size * quote.price,
        )
        late = chance % _LATE_ONE_IN == 0
        previous, self._prices[symbol] = self._prices.get(symbol), quote.price
        return Tick(
            symbol=symbol,
            quote=quote,
            ask=min(next_tick_up(quote.price, quote.instrument.kind), quote.band.upper),
            volume=size if is_buy else -size,
            tape=tape,
            moment=moment - timedelta(seconds=1) if late else moment,
            previous=previous,
        )

    def _price(self, symbol: str, moment: datetime) -> int:
        return self.exchange.market.price(symbol, moment)


def _pace(symbol: str) -> float:
    return _QUICKEST + zlib.crc32(symbol.encode()) % _PACES


def _part(symbol: str) -> float:
    return zlib.crc32(symbol.encode()) % 97 / 97
