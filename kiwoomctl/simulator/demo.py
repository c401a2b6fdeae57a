"""The three built-in accounts of the demo: one investor's general, ISA and pension account.

Two are kept at Kiwoom, the pension account at KIS, whose profiles name their number. Stdlib
only and cheap to import: commands list these profiles without starting the simulator.
"""

from __future__ import annotations

from typing import Final, NamedTuple

DEMO_SEED: Final = 1
"""What the demo's portfolios, prices and account numbers are made from."""


class DemoAccount(NamedTuple):
    """One account of the demo, as a profile needs it."""

    name: str
    """The profile's name."""
    owner: str
    label: str
    appkey: str
    secretkey: str
    broker: str
    number: str | None
    """Ten digits; None where its key alone tells."""
    hts_id: str | None
    """The login id its owner has at KIS; None elsewhere."""


def simulated_appkey(number: int) -> str:
    """Return the app key of the simulator's account, counted from 1."""
    return f"sim-{number:03d}-appkey"


def simulated_secretkey(number: int) -> str:
    """Return the secret key of the simulator's account, counted from 1."""
    return f"sim-{number:03d}-secretkey"


def simulated_stem(seed: int, number: int) -> str:
    """Return the first eight digits of the simulator's account, counted from 1."""
    return f"{80_000_000 + (seed * 7_368_787 + number * 123_457) % 9_999_991:08d}"


def simulated_hts_id(number: int) -> str:
    """Return the login id at KIS of who owns the simulator's account, counted from 1."""
    return f"SIMID{(number - 1) // _ACCOUNTS_EACH + 1:03d}"


_ACCOUNTS_EACH: Final = 3
KIS_PRODUCTS: Final = ("01", "01", "22")
"""What the account numbers at KIS end with, in turn: 위탁, 위탁, 개인연금."""
DEMO_KIS: Final = frozenset({3})
"""The demo's accounts, counted from 1, that speak KIS's wire."""
_OWNER = "김영희"


def _account(number: int, name: str, label: str) -> DemoAccount:
    at_kis = number in DEMO_KIS
    return DemoAccount(
        name,
        _OWNER,
        label,
        simulated_appkey(number),
        simulated_secretkey(number),
        broker="kis" if at_kis else "kiwoom",
        number=f"{simulated_stem(DEMO_SEED, number)}{KIS_PRODUCTS[number - 1]}" if at_kis else None,
        hts_id=simulated_hts_id(number) if at_kis else None,
    )


DEMO_ACCOUNTS: Final = (
    _account(1, "general", "일반"),
    _account(2, "isa", "ISA"),
    _account(3, "pension", "연금저축"),
)
