"""How fast KIS may be asked: the figures of its notices, for all calls of a key together.

Orders, further pages and sign-in count like every other call, so there is one pace for all of
them. In its first three days a new customer's key may ask 3 times a second: ``rate`` in the
profile says so.
"""

from __future__ import annotations

from typing import Final

from kiwoomctl.brokers.pacing import Caps

CAPS: Final = {
    "real": Caps(total=18.0, per_api=18.0, burst=18),
    "mock": Caps(total=1.0, per_api=1.0, burst=1),
}
APPROVALS: Final = Caps(total=1.0, per_api=1.0, burst=1)
"""Approval keys for live connections, beside."""
