"""How long commands take that ask nobody, and one that asks one account, against a bare Python."""

from __future__ import annotations

from bench.measure import BARE, KIWOOMCTL, Row, side_by_side, world

ROUNDS = 15
BOUNDS = {
    "--version": 1.3,
    "--help": 1.3,
    "positions --help": 7.0,
    "buy --help": 7.0,
    "accounts": 8.0,
    "api show ka10001": 8.0,
    "api search 예수금": 8.0,
    "positions -o json, one account": 14.0,
    "accounts --demo": 7.0,
    "positions --demo -o json, two brokers": 14.0,
    "TAB after cash": 1.3,
    "TAB after cash -p": 4.0,
}


def rows() -> list[Row]:
    """Return each command's time as a multiple of ``python -c pass``."""
    with world("--rate", "off") as served:
        served.run("accounts", "--check", "-p", "sim-001")
        served.run("snapshot", "-p", "sim-001")
        served.run("positions", "--demo")
        commands = {
            "pass": BARE,
            "--version": (KIWOOMCTL, "--version"),
            "--help": (KIWOOMCTL, "--help"),
            "positions --help": (KIWOOMCTL, "positions", "--help"),
            "buy --help": (KIWOOMCTL, "buy", "--help"),
            "accounts": (KIWOOMCTL, "accounts"),
            "api show ka10001": (KIWOOMCTL, "api", "show", "ka10001"),
            "api search 예수금": (KIWOOMCTL, "api", "search", "예수금"),
            "positions -o json, one account": (
                *(KIWOOMCTL, "positions", "-p", "sim-001", "-o", "json"),
            ),
            "accounts --demo": (KIWOOMCTL, "accounts", "--demo"),
            "positions --demo -o json, two brokers": (
                *(KIWOOMCTL, "positions", "--demo", "-o", "json"),
            ),
            "TAB after cash": (KIWOOMCTL, "__complete", "fish", "cash", ""),
            "TAB after cash -p": (KIWOOMCTL, "__complete", "fish", "cash", "-p", ""),
        }
        taken = side_by_side(commands, ROUNDS, dict.fromkeys(commands, served.environ))
    bare = taken.pop("pass")
    note = f"bare Python {bare * 1000:.1f} ms"
    return [Row(name, taken[name] / bare, "x", BOUNDS[name], ROUNDS, note) for name in taken]
