"""What more accounts cost, at a server that takes 100 ms for each reply."""

from __future__ import annotations

from bench.measure import KIWOOMCTL, Row, side_by_side, world

ROUNDS = 7
COUNTS = (1, 10, 50, 100, 200)
LATENCY_MS = 100
# accounts -> most as a multiple of one account, most in seconds
BOUNDS: dict[int, tuple[float | None, float | None]] = {
    10: (1.6, 0.45),
    50: (2.0, 0.60),
    100: (None, None),
    200: (None, None),
}


def rows() -> list[Row]:
    """Return whole commands of 10 to 200 accounts against one of the same run."""
    with world("--rate", "off", "--accounts", "200", "--latency-ms", str(LATENCY_MS)) as served:
        served.run("positions", "-o", "json")  # every token is cached
        names = [f"sim-{number:03d}" for number in range(1, 201)]
        commands = {
            str(count): (KIWOOMCTL, "positions", "-o", "json", "-p", ",".join(names[:count]))
            for count in COUNTS
        }
        commands["summary"] = (KIWOOMCTL, "summary", "-o", "json", "-p", ",".join(names[:50]))
        taken = side_by_side(commands, ROUNDS, dict.fromkeys(commands, served.environ))
    one = taken["1"]
    found = [Row("positions, 1 account, 100 ms server", one, "s", None, ROUNDS)]
    for count, (most, seconds) in BOUNDS.items():
        wall = taken[str(count)]
        name = f"positions, {count} accounts, 100 ms server"
        note = f"{(wall - one) * 1000 / (count - 1):.1f} ms more per account"
        found += [
            Row(name, wall / one, "x", most, ROUNDS, note),
            Row(name, wall, "s", seconds, ROUNDS),
        ]
    name = "summary (cash and positions), 50 accounts"
    return [*found, Row(name, taken["summary"], "s", None, ROUNDS)]
