"""Each test of this folder runs at every house, against its simulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli import conftest as commands
from tests.cli import ordering
from tests.cli.ordering import Desk, Room
from tests.contract.houses import HOUSES, House

run = commands.run
"""The fixture that runs a command."""


@pytest.fixture(scope="module", params=HOUSES, ids=str)
def house(request: pytest.FixtureRequest) -> House:
    """One of the houses."""
    chosen: House = request.param
    return chosen


@pytest.fixture(scope="module")
def served(house: House) -> Iterator[Room]:
    """Serve the house's simulator."""
    with ordering.room(accounts=1, positions=30, env=house.env, broker=house.broker) as room:
        yield room


@pytest.fixture
def desk(served: Room, own_home: Path) -> Desk:
    """Begin anew, the profiles in place."""
    return served.desk(own_home)
