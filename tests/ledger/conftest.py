"""A ledger on a disk that forgets to flush: what is tested with it does not crash."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiwoomctl import database
from kiwoomctl.ledger import Ledger
from tests.ledger.samples import SetClock


@pytest.fixture
def unflushed(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = [p for p in database._PRAGMAS if "synchronous" not in p]  # noqa: SLF001
    monkeypatch.setattr(database, "_PRAGMAS", (*quick, "PRAGMA synchronous = OFF"))
    monkeypatch.setattr("os.fsync", lambda _: None)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "world"


@pytest.fixture
def ledger(unflushed: None, folder: Path, clock: SetClock) -> Iterator[Ledger]:  # noqa: ARG001
    with Ledger.open(folder, clock) as opened:
        yield opened
        assert opened.invariants() == []
