"""The fields of a reply, or of one of its rows, that stand in many of them."""

from __future__ import annotations

from decimal import Decimal

from kiwoomctl.brokers.fields import NamedTexts
from kiwoomctl.brokers.kis import wire
from kiwoomctl.domain.identity import Symbol


class Fields(NamedTexts):
    """Named texts of a reply, with the parsers of their families."""

    def symbol(self, name: str) -> Symbol:
        """Return the code of a row; raises Unreadable without one."""
        return self.must(name, wire.symbol)

    def figure(self, name: str) -> Decimal | None:
        """Return a signed figure, None for a blank; raises Unreadable."""
        return self.maybe(name, wire.number)

    def price(self, name: str) -> Decimal | None:
        """Return a price, None for a blank and for 0, which both mean: none; raises Unreadable."""
        return self.maybe(name, wire.price)
