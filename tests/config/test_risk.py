"""The limits of profiles.toml: what may be said, and that a profile is only stricter."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from kiwoomctl.config import profiles, risk
from kiwoomctl.errors import ConfigError
from kiwoomctl.risk.limits import Limits
from kiwoomctl.risk.verdicts import Code, Tier

EXAMPLE = Path(__file__).parent.parent.parent / "profiles.example.toml"
PROFILE = """\
[profiles.isa]
broker = "kiwoom"
environment = "sim"
secret = { source = "inline", appkey = "a", secretkey = "s" }
"""


def config(common: str = "", own: str = "") -> profiles.Config:
    """Return the config of a profile; [risk] is line 5, the first line below it 6."""
    text = f"{PROFILE}[risk]\n{common}\n[profiles.isa.risk]\n{own}\n"
    return profiles.parse_text(text, "/c/profiles.toml")


def refusal(common: str = "", own: str = "") -> str:
    with pytest.raises(ConfigError) as caught:
        config(common, own)
    assert caught.value.exit_code == 8
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_without_limits_the_defaults_hold() -> None:
    parsed = profiles.parse_text(PROFILE, "p")

    assert parsed.risk == parsed.profiles["isa"].risk == Limits()
    assert profiles.parse_text("", "p").risk == Limits()


def test_the_example_shows_every_key_with_its_default() -> None:
    text = EXAMPLE.read_text("utf-8")
    shown = tomllib.loads(text)["risk"]
    parsed = profiles.parse_text(text, "p")

    assert {key.upper() for key in shown} == {*Code} - {"HALT"}
    assert parsed.risk == Limits()
    assert parsed.profiles["general"].risk == Limits()
    own = parsed.profiles["pension"].risk
    assert (own.value_warn, own.value_hold, own.quantity) == (1_000_000, 3_000_000, 100)
    assert (set(own.symbols_deny), own.daily_all) == ({"252670"}, 100_000_000)


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ('tick = "hold"', "tick", Tier.HOLD),
        ('limit = "hold"', "limit", Tier.HOLD),
        ('cash = "refuse"', "cash", Tier.REFUSE),
        ('sellable = "refuse"', "sellable", Tier.REFUSE),
        ('no_price = "refuse"', "no_price", Tier.REFUSE),
        ('market = "off"', "market", None),
        ('market = "hold"', "market", Tier.HOLD),
        ('cross = "refuse"', "cross", Tier.REFUSE),
        ('hours = "refuse"', "hours", Tier.REFUSE),
        ("value = { warn = 0 }", "value_warn", 0),
        ("value = { hold = 50_000_000 }", "value_hold", 50_000_000),
        ("value.warn = 5", "value_warn", 5),
        ("quantity = 100", "quantity", 100),
        ('quantity = "off"', "quantity", None),
        ("collar = { warn = 2 }", "collar_warn", Decimal(2)),
        ("collar = { hold = 2.5 }", "collar_hold", Decimal("2.5")),
        ("daily = { account = 1 }", "daily_account", 1),
        ("daily = { all = 1 }", "daily_all", 1),
        ("count = { minute = 1 }", "count_minute", 1),
        ("count = { day = 1 }", "count_day", 1),
        ("duplicate = 1", "duplicate", 1),
        ("duplicate = 86400", "duplicate", 86_400),
        ('symbols = { allow = ["005930"] }', "symbols_allow", {"005930"}),
        ('symbols = { deny = ["0001A0"] }', "symbols_deny", {"0001A0"}),
        ("symbols = { allow = [] }", "symbols_allow", frozenset()),
    ],
)
def test_a_key_sets_its_limit_for_all_profiles(line: str, field: str, value: Any) -> None:
    parsed = config(line)

    assert getattr(parsed.risk, field) == value
    assert parsed.profiles["isa"].risk == parsed.risk
    untouched = {f.name for f in fields(Limits)} - {field}
    assert all(getattr(parsed.risk, name) == getattr(Limits(), name) for name in untouched)


def test_environment_may_be_written_but_not_changed() -> None:
    assert config('environment = "refuse"').risk == Limits()
    assert "line 6, [risk]: environment = 'off'" in refusal('environment = "off"')


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('halt = "off"', "the kill switch is not a key of this file"),
        ('colar = "off"', "unknown key 'colar': did you mean collar?"),
        ('tick = "off"', "tick = 'off' is not a choice"),
        ('cash = "off"', "cash = 'off' is not a choice"),
        ('cross = "off"', "cross = 'off' is not a choice"),
        ('cross = "warn"', "cross = 'warn' is not a choice"),
        ('hours = "off"', "hours = 'off' is not a choice"),
        ('market = "refuse"', "market = 'refuse' is not a choice"),
        ("market = 1", "market = 1 is not a choice"),
        ("market = false", "market = False is not a choice"),
        ("value = 5", "value must be a table"),
        ('value = { warn = "5" }', "warn must be a whole number"),
        ("value = { warn = 3e6 }", "warn must be a whole number"),
        ("value = { warn = 5.0 }", "warn must be a whole number"),
        ("value = { warn = true }", "warn must be a whole number"),
        ("value = { warn = -1 }", "warn = -1 is less than 0"),
        ("value = { warn = 6, hold = 5 }", "warn = 6 is above hold = 5"),
        ("value = { wran = 6 }", "did you mean warn?"),
        ("collar = { warn = 6, hold = 5 }", "warn = 6 is above hold = 5"),
        ("collar = { warn = nan }", "warn must be a number of percent"),
        ("collar = { warn = inf }", "warn must be a number of percent"),
        ("collar = { warn = 1e99 }", "is more than 100"),
        ("collar = { warn = -0.5 }", "warn = -0.5 is less than 0"),
        ("collar = { warn = '3' }", "warn must be a number of percent"),
        ("collar = { warn = true }", "warn must be a number of percent"),
        ("collar = { both = 3 }", "unknown key 'both'"),
        ('quantity = "of"', 'quantity must be a whole number or "off"'),
        ("quantity = 1.5", "quantity must be a whole number"),
        ("quantity = -1", "quantity = -1 is less than 0"),
        ("duplicate = 0", "duplicate = 0 is less than 1"),
        ("duplicate = 86401", "duplicate = 86401 is more than 86400"),
        ('duplicate = "off"', "duplicate must be a whole number"),
        ("daily = { total = 5 }", "unknown key 'total'"),
        ("count = { hour = 5 }", "unknown key 'hour'"),
        ('symbols = ["005930"]', "symbols must be a table"),
        ('symbols = { allow = "005930" }', "allow must be a list of texts"),
        ('symbols = { deny = ["A005930"] }', "deny names 'A005930', which is not a code"),
        ('symbols = { only = ["005930"] }', "unknown key 'only'"),
    ],
)
def test_what_is_refused_is_named_with_its_line(line: str, told: str) -> None:
    for text, where in ((refusal(line), "6, [risk"), (refusal(own=line), "8, [profiles.isa.risk")):
        assert text.startswith(f"/c/profiles.toml, line {where}")
        assert told in text


def test_a_number_too_great_is_no_toml() -> None:
    assert "is not valid TOML: 1e99999999999999999999 is too" in refusal(
        "collar = { warn = 1e99999999999999999999 }"
    )


@pytest.mark.parametrize(
    ("common", "own", "told"),
    [
        ("", "value = { warn = 3000001 }", "warn = 3000001 is looser than 3000000"),
        ("value = { hold = 5 }", "value = { hold = 6 }", "hold = 6 is looser than 5"),
        ("", "collar = { hold = 10.5 }", "hold = 10.5 is looser than 10"),
        ("", 'market = "off"', "market = off is looser than hold"),
        ("", 'tick = "hold"', "tick = hold is looser than refuse"),
        ('hours = "hold"', 'hours = "warn"', "hours = warn is looser than hold"),
        ("", "duplicate = 119", "duplicate = 119 is looser than 120"),
        ("quantity = 10", "quantity = 11", "quantity = 11 is looser than 10"),
        ("quantity = 10", 'quantity = "off"', "quantity = off is looser than 10"),
        ("", "daily = { account = 30000001 }", "account = 30000001 is looser"),
        ("", "daily = { all = 100000001 }", "all = 100000001 is looser"),
        ("", "count = { minute = 21 }", "minute = 21 is looser than 20"),
        ("", "count = { day = 201 }", "day = 201 is looser than 200"),
        (
            'symbols = { allow = ["005930"] }',
            'symbols = { allow = ["005930", "000660"] }',
            "allow = 000660, 005930 is looser than 005930",
        ),
        (
            'symbols = { allow = ["005930"] }',
            "symbols = { allow = [] }",
            "allow = every symbol is looser than 005930",
        ),
    ],
)
def test_a_profile_is_never_looser(common: str, own: str, told: str) -> None:
    text = refusal(common, own)

    assert text.startswith("/c/profiles.toml, line 8, [profiles.isa.risk")
    assert told in text
    assert text.endswith("a profile may only be stricter: change it here, or in [risk] for all")


@pytest.mark.parametrize(
    ("common", "own", "expected"),
    [
        ("value = { hold = 99 }", "value = { warn = 5 }", {"value_warn": 5, "value_hold": 99}),
        ('market = "off"', 'market = "hold"', {"market": Tier.HOLD}),
        ("", "quantity = 10", {"quantity": 10}),
        ("quantity = 10", "quantity = 10", {"quantity": 10}),
        ("", "duplicate = 600", {"duplicate": 600}),
        (
            'symbols = { deny = ["000660"] }',
            'symbols = { deny = ["252670"], allow = ["005930"] }',
            {"symbols_deny": {"000660", "252670"}, "symbols_allow": {"005930"}},
        ),
    ],
)
def test_a_profile_may_be_stricter(common: str, own: str, expected: dict[str, Any]) -> None:
    parsed = config(common, own)
    limits = parsed.profiles["isa"].risk

    assert {name: getattr(limits, name) for name in expected} == expected
    assert config(common).risk == parsed.risk


def test_a_line_is_found_inside_a_value_of_several_lines() -> None:
    assert "line 7, [risk.symbols]" in refusal('hours = "warn"\nsymbols.deny = [\n"5930",\n]')


def test_every_check_has_a_key_and_every_limit_comes_from_one() -> None:
    keys = {*risk.SWITCHES, *risk.COUNTS, "quantity", "collar", "symbols", "duplicate"}

    assert {key.upper() for key in keys} == {*Code} - {"HALT"}
    assert {field.name.split("_")[0] for field in fields(Limits)} == {
        key.split("_")[0] for key in keys - {"environment"}
    }
