"""The synthetic order book around the present price.

The best bid is the price itself, the best ask one tick above it. How many shares
wait at a level is a pure function of the seed, the symbol, the level and the
price event (a step of the price path, or a price set by hand), less what orders
have already taken since that event. Nothing lies outside the day's band.
"""

from __future__ import annotations

import zlib
from datetime import datetime
from typing import NamedTuple

from kiwoomctl.domain.prices import next_tick_down, next_tick_up
from kiwoomctl.simulator.account import Side
from kiwoomctl.simulator.market import Market

LEVELS = 10

_LEAST_VALUE = 30_000_000
_MOST_VALUE = 200_000_000
_LEAST_DEPTH = 20


class Level(NamedTuple):
    """Shares waiting at one price in won."""

    price: int
    quantity: int


class Liquidity:
    """What is left of the synthetic orders."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self.depths: dict[str, int] = {}
        """Shares at every level of a symbol, where somebody has set them."""
        self.taken: dict[str, dict[int, int]] = {}
        """Shares taken since the last price event, by symbol and price."""

    def clear(self) -> None:
        """Forget what was set and taken."""
        self.depths.clear()
        self.taken.clear()

    def renew(self, symbol: str | None = None) -> None:
        """Begin a new price event of one symbol, or of all."""
        if symbol is None:
            self.taken.clear()
        else:
            self.taken.pop(symbol, None)

    def take(self, symbol: str, price: int, quantity: int) -> None:
        """Remember that shares at a level are gone."""
        levels = self.taken.setdefault(symbol, {})
        levels[price] = levels.get(price, 0) + quantity

    def opposite(self, symbol: str, side: Side, moment: datetime) -> list[Level]:
        """Return the levels against which an order of this side trades, best first."""
        quote = self.market.quote(symbol, moment)
        kind = quote.instrument.kind
        levels = []
        price = next_tick_up(quote.price, kind) if side == "buy" else quote.price
        for _ in range(LEVELS):
            # A pinned price may lie outside the band; then its own level is all there is.
            if price not in quote.band and price != quote.price:
                break
            left = self.left_at(symbol, price, moment)
            if left > 0:
                levels.append(Level(price, left))
            after = next_tick_up(price, kind) if side == "buy" else next_tick_down(price, kind)
            if after == price:
                break
            price = after
        return levels

    def passing(self, symbol: str, side: Side, limit: int, moment: datetime) -> int:
        """Return the shares that reach a resting order at its own price; 0 while none do."""
        quote = self.market.quote(symbol, moment)
        price = quote.price
        if (price > limit) if side == "buy" else (price < limit):
            return 0
        kind = quote.instrument.kind
        found = 0
        for _ in range(LEVELS):
            found += self.left_at(symbol, limit, moment)
            limit = next_tick_down(limit, kind) if side == "buy" else next_tick_up(limit, kind)
            if (limit < price) if side == "buy" else (limit > price):
                break
        return found

    def left_at(self, symbol: str, price: int, moment: datetime) -> int:
        """Return the shares waiting at a level."""
        depth = self.depths.get(symbol)
        if depth is None:
            moves = self.market.moving and symbol not in self.market.pins
            step = moment.hour * 60 + moment.minute if moves else 0
            key = f"{self.market.seed}/{symbol}/{moment.date()}/{step}/{price}"
            spread = _MOST_VALUE - _LEAST_VALUE
            value = _LEAST_VALUE + zlib.crc32(key.encode()) % spread
            depth = max(_LEAST_DEPTH, value // price)
        return max(0, depth - self.taken.get(symbol, {}).get(price, 0))
