"""profiles.toml is written once, then only added to; what a person wrote stays."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import kiwoomctl
from kiwoomctl.config import profiles, writing
from kiwoomctl.config.profiles import Profile, SecretSource
from kiwoomctl.domain.enrolment import KeySource, NewProfile
from kiwoomctl.domain.identity import ProfileName
from kiwoomctl.domain.portfolio import Environment
from kiwoomctl.errors import ConfigError

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="modes mean nothing there")


def profile(name: str = "isa", environment: Environment = "mock") -> NewProfile:
    return NewProfile(ProfileName.parse(name), "kiwoom", environment, KeySource("keyring"))


def private(path: Path, raw: bytes) -> Path:
    path.write_bytes(raw)
    path.chmod(0o600)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "kiwoomctl" / "profiles.toml"


def test_the_first_file_is_valid_and_holds_no_account(path: Path) -> None:
    writing.write_first(str(path))
    assert profiles.load(str(path)).profiles == {}
    assert "may not be lent" in path.read_text("utf-8")


@posix_only
def test_the_first_file_is_private(path: Path) -> None:
    writing.write_first(str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_commented_keys_of_the_first_file_are_accepted(path: Path) -> None:
    writing.write_first(str(path))
    lines = [line.removeprefix("# ") for line in path.read_text("utf-8").splitlines()]
    text = "\n".join(line for line in lines if line.startswith("[") or " = " in line)
    general = profiles.parse_text(text.replace('"isa"', '"general"'), "p").profiles["general"]
    assert general.owner == "김영희"


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    path = private(tmp_path / "profiles.toml", b"# mine")
    with pytest.raises(ConfigError, match="never overwritten") as caught:
        writing.write_first(str(path))
    assert (caught.value.exit_code, caught.value.code) == (8, "config_exists")
    assert path.read_bytes() == b"# mine"


def test_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "profiles.toml").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError):
        writing.write_first(str(tmp_path / "profiles.toml"))
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot write"):
        writing.write_first(str(tmp_path / "file" / "profiles.toml"))


def test_a_profile_into_a_new_file(path: Path) -> None:
    writing.append_profile(str(path), profile())
    read = Profile(ProfileName("isa"), "kiwoom", "mock", SecretSource("keyring"))
    assert profiles.load(str(path)).profiles == {"isa": read}
    assert path.read_text("utf-8").startswith(writing.FIRST)


@pytest.mark.parametrize(
    "before",
    [
        b"",
        b"# \xea\xb0\x80 without an end of line",
        b'lang = "ko"\r\n',
        b'\xef\xbb\xbflang = "ko"\n',
        b"[groups]\n# empty\n",
        writing.FIRST.encode(),
    ],
)
def test_what_was_there_stays_as_it_was(tmp_path: Path, before: bytes) -> None:
    path = private(tmp_path / "profiles.toml", before)

    writing.append_profile(str(path), profile("연금", "real"))
    writing.append_profile(str(path), profile("isa", "sim"))

    after = path.read_bytes()
    assert after.startswith(before)
    loaded = profiles.load(str(path)).profiles
    assert [p.environment for p in loaded.values()] == ["real", "sim"]
    assert all(p.secret.kind == "keyring" for p in loaded.values())
    added = tomllib.loads(after[len(before) :].decode())
    assert set(added) == {"profiles"}


@pytest.mark.parametrize(
    "before",
    [
        b'[profiles.isa]\nbroker = "kiwoom"\nenvironment = "mock"\nsecret = { source = "env" }\n',
        b"profiles = {}\n",
        b"lang = 1\n",
        b"not toml",
        b"\xff\xfe",
        "# 한글".encode("cp949"),
    ],
)
def test_a_file_that_would_not_be_valid_is_left_alone(tmp_path: Path, before: bytes) -> None:
    path = private(tmp_path / "profiles.toml", before)
    with pytest.raises(ConfigError) as caught:
        writing.append_profile(str(path), profile())
    assert caught.value.exit_code == 8
    assert path.read_bytes() == before


@posix_only
def test_a_file_that_others_can_write_is_left_alone(tmp_path: Path) -> None:
    path = private(tmp_path / "profiles.toml", b"")
    path.chmod(0o666)
    with pytest.raises(ConfigError, match="chmod go-w"):
        writing.append_profile(str(path), profile())
    assert path.read_bytes() == b""


FULL_DISK = """
import resource, sys
from kiwoomctl.config import writing
from kiwoomctl.domain.enrolment import KeySource, NewProfile
from kiwoomctl.domain.identity import ProfileName
from kiwoomctl.errors import ConfigError
resource.setrlimit(resource.RLIMIT_FSIZE, (40, 40))
for write in (
    lambda: writing.write_first(sys.argv[1]),
    lambda: writing.append_profile(
        sys.argv[2], NewProfile(ProfileName("isa"), "kiwoom", "mock", KeySource("keyring"))
    ),
):
    try:
        write()
    except ConfigError as error:
        print(error.code)
"""


@posix_only
def test_a_full_disk_leaves_no_half_file(tmp_path: Path) -> None:
    old = private(tmp_path / "old.toml", b'lang = "ko"\n')
    root = Path(kiwoomctl.__file__).parent.parent
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path / "new.toml"), str(old)],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["config_unwritable", "config_unwritable"]
    assert not (tmp_path / "new.toml").exists()
    assert old.read_bytes() == b'lang = "ko"\n'
