"""Where files are: the platform's folders, unless the user says otherwise."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import platformdirs
import pytest

from kiwoomctl.config import paths

BASES = [None, "", " ", "/x/y", "/x/y/", "relative", "./here", "~/up", " /x", "/한글", "//x"]


@pytest.mark.parametrize("home", ["/home/kim", "/", "", "relative", None])
@pytest.mark.parametrize("base", BASES)
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere platformdirs itself is asked")
def test_linux_folders_are_those_of_platformdirs(
    home: str | None, base: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in (("HOME", home), ("XDG_CONFIG_HOME", base), ("XDG_STATE_HOME", base)):
        monkeypatch.delenv(variable, raising=False)
        if value is not None:
            monkeypatch.setenv(variable, value)
    for variable in ("KIWOOMCTL_CONFIG", "KIWOOMCTL_STATE_DIR"):
        monkeypatch.delenv(variable)

    config = platformdirs.user_config_path("kiwoomctl", appauthor=False)
    state = platformdirs.user_state_path("kiwoomctl", appauthor=False)
    assert Path(paths.config_file(os.environ)) == config / "profiles.toml"
    assert paths.state_folder(os.environ) == state


def test_the_users_own_places_go_first() -> None:
    environ = {
        "HOME": "/home/kim",
        "XDG_CONFIG_HOME": "/x",
        "XDG_STATE_HOME": "/x",
        "KIWOOMCTL_CONFIG": "/c/other.toml",
        "KIWOOMCTL_STATE_DIR": "/s",
    }
    assert paths.config_file(environ) == "/c/other.toml"
    assert paths.state_folder(environ) == Path("/s")


@pytest.mark.skipif(sys.platform != "linux", reason="the folders of Linux")
def test_an_empty_place_counts_as_none() -> None:
    environ = {"HOME": "/home/kim", "KIWOOMCTL_CONFIG": "", "KIWOOMCTL_STATE_DIR": ""}
    assert paths.config_file(environ) == "/home/kim/.config/kiwoomctl/profiles.toml"
    assert paths.state_folder(environ) == Path("/home/kim/.local/state/kiwoomctl")
