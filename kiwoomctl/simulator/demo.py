"""The three built-in accounts of the demo: one investor's general, ISA and pension account.

Stdlib only and cheap to import: commands list these profiles without starting
the simulator.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One account of the demo, as a profile needs it."""

    name: str
    """The profile's name."""
    owner: str
    label: str
    appkey: str
    secretkey: str


def simulated_appkey(number: int) -> str:
    """Return the app key of the simulator's account, counted from 1."""
    return f"sim-{number:03d}-appkey"


def simulated_secretkey(number: int) -> str:
    """Return the secret key of the simulator's account, counted from 1."""
    return f"sim-{number:03d}-secretkey"


_OWNER = "김영희"

DEMO_ACCOUNTS: tuple[DemoAccount, ...] = tuple(
    DemoAccount(name, _OWNER, label, simulated_appkey(number), simulated_secretkey(number))
    for number, (name, label) in enumerate(
        (("general", "일반"), ("isa", "ISA"), ("pension", "연금저축")), start=1
    )
)
