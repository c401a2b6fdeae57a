"""How fast Kiwoom may be asked: the terms' figures, and a start below them where unclear.

Real: 5 reads a second per key by the terms. Mock: 1 a second by the terms per API, with a
short burst tolerated; 2 a second over all APIs.
"""

from __future__ import annotations

from typing import Final

from kiwoomctl.brokers.pacing import Caps

CAPS: Final = {
    "real": Caps(total=5.0, per_api=5.0, burst=5),
    "mock": Caps(total=2.0, per_api=1.0, burst=2),
}
