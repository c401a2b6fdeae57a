"""Pins: what a key was when last proven; damaged ones count as none."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import pytest

from kiwoomctl.config import pins
from kiwoomctl.config.pins import Pin
from kiwoomctl.config.profiles import Profile, SecretSource
from kiwoomctl.config.secrets import key_id
from kiwoomctl.domain.identity import ProfileName
from kiwoomctl.errors import StateError

HOST = "https://mockapi.kiwoom.com"


def profile(name: str = "general") -> Profile:
    return Profile(ProfileName.parse(name), "kiwoom", "mock", SecretSource("keyring"))


@pytest.mark.parametrize("name", ["general", "연금-1"])
@pytest.mark.parametrize("account", ["8012345611", None])
def test_a_pin_comes_back(tmp_path: Path, name: str, account: str | None) -> None:
    pin = Pin(HOST, key_id("app"), account)
    pins.write(tmp_path, profile(name), pin)
    assert pins.read(tmp_path, profile(name), HOST) == pin
    assert pins.read(tmp_path, profile("other"), HOST) is None


def test_a_pin_of_another_host_is_none(tmp_path: Path) -> None:
    pins.write(tmp_path, profile(), Pin(HOST, key_id("app"), "8012345611"))
    assert pins.read(tmp_path, profile(), "https://api.kiwoom.com") is None


def test_a_pin_holds_no_key(tmp_path: Path) -> None:
    pins.write(tmp_path, profile(), Pin(HOST, key_id("canary-app-key"), None))
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 1
    assert "canary" not in files[0].read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="modes mean nothing there")
def test_a_pin_is_private(tmp_path: Path) -> None:
    pins.write(tmp_path, profile(), Pin(HOST, key_id("app"), None))
    for path, mode in ((tmp_path / "pins", 0o700), (tmp_path / "pins/general.json", 0o600)):
        assert stat.S_IMODE(path.stat().st_mode) == mode


def test_forgetting_is_repeatable(tmp_path: Path) -> None:
    pins.remove(tmp_path, profile())
    pins.write(tmp_path, profile(), Pin(HOST, key_id("app"), None))
    pins.remove(tmp_path, profile())
    pins.remove(tmp_path, profile())
    assert pins.read(tmp_path, profile(), HOST) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "1",
        "[" * 100_000,
        "{}",
        json.dumps({"host": HOST, "key_id": "a", "account": None, "more": 1}),
        json.dumps({"host": HOST, "key_id": None, "account": None}),
        json.dumps({"host": HOST, "key_id": 1, "account": None}),
        json.dumps({"host": HOST, "key_id": "", "account": None}),
        json.dumps({"host": HOST, "key_id": "../../x", "account": None}),
        json.dumps({"host": HOST, "key_id": "a", "account": 8012345611}),
        json.dumps({"host": HOST, "key_id": "a", "account": ""}),
        json.dumps({"host": [HOST], "key_id": "a", "account": None}),
    ],
)
def test_a_damaged_pin_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "pins").mkdir()
    (tmp_path / "pins" / "general.json").write_text(text)
    assert pins.read(tmp_path, profile(), HOST) is None


def test_a_pin_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "pins" / "general.json").mkdir(parents=True)
    with pytest.raises(StateError, match=r"general\.json"):
        pins.read(tmp_path, profile(), HOST)
