"""How fast Kiwoom may be asked, and what an order costs there, by environment.

Rates are the terms' figures, and a start below them where unclear.

Real: 5 reads a second per key by the terms. Mock: 1 a second by the terms per API, with a
short burst tolerated; 2 a second over all APIs.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from kiwoomctl.brokers.pacing import Caps

CAPS: Final = {
    "real": Caps(total=5.0, per_api=5.0, burst=5),
    "mock": Caps(total=2.0, per_api=1.0, burst=2),
}

COMMISSION_RATES: Final = {
    "real": Decimal("0.00015"),
    "mock": Decimal("0.0035"),
    "sim": Decimal("0.0035"),
}
"""The most a buy costs beside its value; the simulator may follow either server's rules."""
