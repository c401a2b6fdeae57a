"""Worlds: which part of the state folder belongs to which accounts.

Purpose: tokens, pins, locks and ledgers of one world never meet those of another. Real and mock
accounts share one (their files name the host); the demo and every simulator have their own.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from kiwoomctl.config.profiles import Config, Profile

LEDGER_FILE: Final = "ledger.sqlite3"


def world_of(state: Path, profile: Profile, *, demo: bool) -> Path:
    """Return the folder of a profile's world; it need not exist.

    Args:
        state: the state folder.
        profile: whose world it is.
        demo: whether the built-in accounts are used.
    """
    if profile.environment != "sim":
        return state
    if demo:
        return demo_world(state)
    if profile.url is None:
        return state / "sim-in-process"
    from urllib.parse import urlsplit

    parts = urlsplit(profile.url)
    return state / f"sim-{parts.hostname}-{parts.port}".replace(":", "_")


def demo_world(state: Path) -> Path:
    """Return the folder of the demo's world."""
    return state / "demo"


def simulator_folder(world: Path) -> Path:
    """Return where the embedded simulator of a world keeps its state."""
    return world / "simulator"


def has_ledger(world: Path) -> bool:
    """Tell whether a world has a ledger, without making one.

    Asking the ledger's own package would load SQLite, which a short command has no time for.
    """
    return os.path.lexists(world / LEDGER_FILE)


def ledger_speaks(world: Path) -> bool:
    """Tell whether a world's ledger has something to say to a read, or cannot be read."""
    if not has_ledger(world):
        return False
    from kiwoomctl.ledger import peek

    return peek.speaks(world / LEDGER_FILE)


def discard_ledger(world: Path) -> None:
    """Remove the ledger of a simulated world; raises StateError."""
    from kiwoomctl.ledger import place

    place.discard(world)


def demo_config() -> Config:
    """Return the config that ``--demo`` stands for: three accounts, no file, no network."""
    from kiwoomctl.config.profiles import Config, Profile, SecretSource
    from kiwoomctl.domain.identity import ProfileName
    from kiwoomctl.simulator.demo import DEMO_ACCOUNTS

    return Config(
        path="--demo",
        profiles={
            account.name: Profile(
                name=ProfileName(account.name),
                broker="kiwoom",
                environment="sim",
                secret=SecretSource("inline", appkey=account.appkey, secretkey=account.secretkey),
                owner=account.owner,
                paced=False,
            )
            for account in DEMO_ACCOUNTS
        },
    )
