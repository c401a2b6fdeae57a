"""What a trade costs at the simulated broker: commission and transaction tax.

All amounts are whole won. A commission is cut to 10 won; each part of the tax
is cut to 1 won by itself. The mock server charges 0.35 % a leg, the real one
0.015 % (the usual online rate). Funds and notes pay no transaction tax.
"""

from __future__ import annotations

from typing import NamedTuple

from kiwoomctl.simulator.instruments import Instrument

_HUNDRED_PERCENT = 100_000
_COMMISSION_CUT = 10
# KOSPI: 0.05 % transaction tax and 0.15 % tax for rural development; KOSDAQ: 0.20 % in one.
_SPLIT_TAX = (50, 150)
_SINGLE_TAX = (200,)


class CostRules(NamedTuple):
    """The charges of one environment."""

    commission_rate: int
    """Thousandths of a percent, for each leg."""
    splits_every_tax: bool
    """Whether KOSDAQ is taxed in two parts like KOSPI."""

    def commission(self, amount: int) -> int:
        """Return the commission in won on a traded amount in won."""
        charge = amount * self.commission_rate // _HUNDRED_PERCENT
        return charge - charge % _COMMISSION_CUT

    def sales_tax(self, amount: int, instrument: Instrument) -> int:
        """Return the tax in won on a sale of this amount in won."""
        if not instrument.is_taxed:
            return 0
        split = self.splits_every_tax or instrument.market == "KOSPI"
        rates = _SPLIT_TAX if split else _SINGLE_TAX
        return sum(amount * rate // _HUNDRED_PERCENT for rate in rates)


MOCK_COSTS = CostRules(commission_rate=350, splits_every_tax=True)
REAL_COSTS = CostRules(commission_rate=15, splits_every_tax=False)


def cost_rules(environment: str) -> CostRules:
    """Return the charges of the mock or the real server."""
    return REAL_COSTS if environment == "real" else MOCK_COSTS
