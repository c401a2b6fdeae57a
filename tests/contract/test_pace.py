"""No command is refused for its rate, whatever it asks and however often it is run."""

from __future__ import annotations

from pathlib import Path

from tests.cli import ordering
from tests.cli.ordering import CODE
from tests.contract.houses import House


def test_commands_one_after_another_stay_below_the_limit(house: House, own_home: Path) -> None:
    # A mock server takes seconds for what the real one does at once.
    words = [["cash"]] if house.env == "mock" else [["summary"], ["quote", CODE], ["orders"]] * 2
    with ordering.room(
        accounts=1, positions=30, env=house.env, broker=house.broker, rate="terms"
    ) as served:
        desk = served.desk(own_home)
        for command in words:
            ran = desk.run(*command, "-o", "json")
            assert ran.code == 0, ran.err
        requests = desk.state()["requests"]
    assert len(requests) >= 3
    assert {request["status"] for request in requests} == {200}
