"""What `help risk` says is what the checks do."""

from __future__ import annotations

import re

import pytest

from kiwoomctl import topics
from kiwoomctl.config import profiles
from kiwoomctl.locale import LANGUAGES
from kiwoomctl.risk.limits import Limits
from kiwoomctl.risk.verdicts import Code, Tier

both_languages = pytest.mark.parametrize("language", LANGUAGES)


def text(language: str) -> str:
    found = topics.text("risk", language)
    assert found is not None
    return found


@both_languages
def test_every_check_is_listed_in_its_order(language: str) -> None:
    assert re.findall(r"^ {4}([A-Z_]+) {2,}", text(language), re.MULTILINE) == list(Code)


@both_languages
def test_the_tiers_are_told_in_their_order(language: str) -> None:
    told = re.findall(r"^ {4}([a-z]+) {3,}", text(language), re.MULTILINE)

    assert told[:3] == [tier.word for tier in Tier]


@both_languages
def test_the_table_tells_the_defaults(language: str) -> None:
    part, limits = text(language).split("## ")[1], Limits()

    for figure in (
        limits.value_warn,
        limits.value_hold,
        limits.daily_account,
        limits.daily_all,
        limits.count_minute,
        limits.count_day,
        limits.duplicate,
    ):
        assert re.search(rf"(?<![\d,]){figure:,}(?![\d,])", part), figure
    assert f"{limits.collar_warn} %" in part
    assert f"{limits.collar_hold} %" in part


@both_languages
def test_the_keys_shown_are_the_defaults(language: str) -> None:
    shown = re.findall(r"(?:^ {4}.*\n)+", text(language), re.MULTILINE)
    common = next(block for block in shown if "    [risk]\n" in block)
    own = next(block for block in shown if "[profiles.pension.risk]" in block)
    profile = '[profiles.pension]\nbroker = "kiwoom"\nenvironment = "real"\n'
    source = f'{profile}secret = {{ source = "env" }}\n{own}{common}'
    parsed = profiles.parse_text(source, "risk")

    assert parsed.risk == Limits()
    assert parsed.profiles["pension"].risk.quantity == 100
    keys = re.findall(r"^ {4}([a-z_]+) = ", common, re.MULTILINE)
    assert [key.upper() for key in keys] == [code for code in Code if code != "HALT"]


@both_languages
def test_options_named_are_those_of_orders(language: str) -> None:
    options = set(re.findall(r"--[a-z]+(?:-[a-z]+)*", text(language)))

    assert options == {"--yes", "--allow", "--reducing", "--reason", "--price", "--dry-run"}
