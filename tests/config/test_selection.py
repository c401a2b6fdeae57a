"""Which accounts a read is about: said once, counted once, and never a silent nothing."""

from __future__ import annotations

import pytest

from kiwoomctl.config import profiles
from kiwoomctl.config.profiles import Config
from kiwoomctl.config.selection import for_reading
from kiwoomctl.errors import ConfigError, KiwoomctlError, UsageError


def config(top: str = "", groups: str = "", disabled: tuple[str, ...] = ("pension",)) -> Config:
    blocks = [
        f'[profiles.{name}]\nbroker = "kiwoom"\nenvironment = "mock"\n'
        f'secret = {{ source = "keyring" }}\nenabled = {str(name not in disabled).lower()}'
        for name in ("general", "isa", "pension")
    ]
    return profiles.parse_text("\n".join((top, *blocks, "[groups]", groups)), "/c/p.toml")


def chosen(config: Config, *words: str, variable: str | None = None) -> list[str]:
    environ = {} if variable is None else {"KIWOOMCTL_PROFILE": variable}
    return [profile.name for profile in for_reading(config, words, environ)]


GROUPS = 'mine = ["isa", "general"]\nold = ["pension"]\nhalf = ["pension", "isa"]\nnone = []'


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("general",), ["general"]),
        (("isa", "general"), ["isa", "general"]),
        (("isa,general",), ["isa", "general"]),
        ((" isa , general ",), ["isa", "general"]),
        (("all",), ["general", "isa"]),
        (("@mine",), ["isa", "general"]),
        (("@half",), ["isa"]),
        (("general", "general"), ["general"]),
        (("general,general",), ["general"]),
        (("isa", "@mine"), ["isa", "general"]),
        (("@mine,@mine", "all"), ["isa", "general"]),
    ],
)
def test_a_choice(words: tuple[str, ...], names: list[str]) -> None:
    assert chosen(config(groups=GROUPS), *words) == names


def test_without_a_choice_every_enabled_profile_is_read() -> None:
    assert chosen(config()) == ["general", "isa"]


def test_the_order_of_precedence() -> None:
    with_default = config('default = ["@mine"]', GROUPS)
    assert chosen(with_default) == ["isa", "general"]
    assert chosen(with_default, variable="isa") == ["isa"]
    assert chosen(with_default, "general", variable="isa") == ["general"]
    assert chosen(config('default = ["all"]')) == ["general", "isa"]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("",), "profile_empty", "-p names no profile"),
        ((" ",), "profile_empty", "unset shell variable"),
        (("general,,isa",), "profile_empty", "-p names no profile"),
        (("general,",), "profile_empty", "-p names no profile"),
        (("general", ""), "profile_empty", "-p names no profile"),
        (("genral",), "profile_unknown", "'genral': did you mean general?"),
        (("GENERAL",), "profile_unknown", "unknown profile 'GENERAL'"),
        (("mine",), "profile_unknown", "unknown profile 'mine'"),
        (("@mne",), "group_unknown", "'@mne': did you mean @mine?"),
        (("@general",), "group_unknown", "unknown group"),
        (("@",), "group_unknown", "unknown group '@'"),
        (("pension",), "profile_disabled", "set enabled = true in /c/p.toml"),
        (("general,pension",), "profile_disabled", "'pension' is disabled"),
        (("@old",), "profile_disabled", "'pension' is disabled"),
        (("@none",), "profile_empty", "@none names no profile"),
    ],
)
def test_a_wrong_choice(words: tuple[str, ...], code: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        chosen(config(groups=GROUPS), *words)
    assert (caught.value.exit_code, caught.value.code) == (2, code)
    assert told in str(caught.value)


def test_where_there_is_no_group_it_is_told_where_groups_are_made() -> None:
    with pytest.raises(UsageError, match="unknown group '@mine'") as caught:
        chosen(config(), "@mine")
    assert "kiwoomctl help options" in caught.value.hint


@pytest.mark.parametrize("variable", ["", " ", "genral", "@none", "pension"])
def test_a_wrong_variable_is_no_default(variable: str) -> None:
    with pytest.raises(UsageError):
        chosen(config(groups=GROUPS), variable=variable)


def test_an_empty_variable_is_named() -> None:
    with pytest.raises(UsageError, match="KIWOOMCTL_PROFILE names no profile"):
        chosen(config(), variable="")


@pytest.mark.parametrize(
    ("default", "code"),
    [("pension", "profile_disabled"), ("@old", "profile_disabled"), ("@none", "profile_empty")],
)
def test_a_default_that_means_nobody_is_the_files_fault(default: str, code: str) -> None:
    with pytest.raises(ConfigError) as caught:
        chosen(config(f'default = ["{default}"]', GROUPS))
    assert (caught.value.exit_code, caught.value.code) == (8, code)


@pytest.mark.parametrize("words", [(), ("all",)])
def test_nobody_enabled_is_an_error(words: tuple[str, ...]) -> None:
    everybody = ("general", "isa", "pension")
    with pytest.raises(ConfigError, match="no enabled profile: add one") as caught:
        chosen(config(disabled=everybody), *words)
    assert caught.value.exit_code == 8


def test_no_profiles_at_all() -> None:
    empty = profiles.parse_text("", "/c/p.toml")
    with pytest.raises(ConfigError):
        chosen(empty)
    with pytest.raises(KiwoomctlError, match="unknown profile 'x'"):
        chosen(empty, "x")
