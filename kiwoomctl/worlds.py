"""Worlds: which part of the state folder belongs to which accounts.

Purpose: tokens, pins, locks, ledgers and recorded days of one world never meet those of another.
Real and mock accounts share one (their files name the host); the demo and every simulator have
their own.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from kiwoomctl.config.profiles import Config, Profile
    from kiwoomctl.domain.identity import AccountId

LEDGER_FILE: Final = "ledger.sqlite3"
HISTORY_FILE: Final = "history.sqlite3"


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
    """Return the folder of the demo's world.

    Another set of built-in accounts has another folder: its ledger and its simulator would know
    nothing of the orders and days that are kept in this one.
    """
    return state / "demo-2"


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


def has_history(world: Path) -> bool:
    """Tell whether a world has a history, without making one."""
    return os.path.lexists(world / HISTORY_FILE)


def last_recorded(world: Path, accounts: Iterable[AccountId]) -> dict[AccountId, datetime]:
    """Return when each account was recorded last, KST; one that never was is absent."""
    wanted = {str(account): account for account in accounts}
    if not wanted or not has_history(world):
        return {}
    from kiwoomctl.history import peek

    found = peek.newest(world / HISTORY_FILE, wanted)
    return {wanted[text]: as_of for text, as_of in found.items()}


def discard_history(world: Path) -> None:
    """Remove the recorded days of a simulated world; raises StateError."""
    from kiwoomctl import files

    for path in (world / f"{HISTORY_FILE}-journal", world / HISTORY_FILE):
        try:
            path.unlink(missing_ok=True)
        except OSError as exc:
            raise files.unwritable(path, exc) from exc


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
                broker=account.broker,
                environment="sim",
                account=account.number,
                hts_id=account.hts_id,
                secret=SecretSource("inline", appkey=account.appkey, secretkey=account.secretkey),
                owner=account.owner,
                paced=False,
            )
            for account in DEMO_ACCOUNTS
        },
    )
