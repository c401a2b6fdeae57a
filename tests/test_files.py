"""Private files are whole, 0600, in folders that are 0700."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import kiwoomctl
from kiwoomctl import errors, files

ROOT = Path(kiwoomctl.__file__).parent.parent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    empty = tmp_path / "private"
    empty.mkdir()
    return empty


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_folder_is_made_private_with_its_parents(tmp_path: Path) -> None:
    files.ensure_folder(tmp_path / "a" / "b" / "c")
    files.ensure_folder(tmp_path / "a" / "b" / "c")
    assert [mode(tmp_path / "a"), mode(tmp_path / "a/b"), mode(tmp_path / "a/b/c")] == [0o700] * 3


def test_a_wider_folder_is_tightened_but_not_its_parents(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    (tmp_path / "a").chmod(0o755)
    folder.chmod(0o755)
    files.ensure_folder(folder)
    assert mode(folder) == 0o700
    assert mode(tmp_path / "a") == 0o755


@pytest.mark.parametrize("dangling", [True, False])
def test_a_symlink_is_refused(tmp_path: Path, *, dangling: bool) -> None:
    target = tmp_path / "target"
    if not dangling:
        target.mkdir()
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(errors.StateError, match="link: it is a symbolic link") as caught:
        files.ensure_folder(tmp_path / "link")
    assert caught.value.exit_code == 8
    assert target.exists() is not dangling


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(errors.StateError, match="not a folder"):
        files.ensure_folder(tmp_path / "a")
    with pytest.raises(errors.StateError, match="cannot create the folder"):
        files.ensure_folder(tmp_path / "a" / "b")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a folder away")
def test_a_foreign_folder_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir(mode=0o700)
    os.chown(folder, 12345, -1)
    with pytest.raises(errors.StateError, match="belongs to another user"):
        files.ensure_folder(folder)


def test_text_comes_back_as_written(folder: Path) -> None:
    path = folder / "a.json"
    assert files.read_private(path) is None
    files.write_private(path, "키움\r\n")
    files.write_private(path, "키움증권\r\n")
    assert files.read_private(path) == "키움증권\r\n"
    assert mode(path) == 0o600
    assert os.listdir(folder) == ["a.json"]  # noqa: PTH208


def test_a_symlink_is_replaced_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("mine")
    (tmp_path / "link").symlink_to(target)
    files.write_private(tmp_path / "link", "secret")
    assert target.read_text() == "mine"
    assert not (tmp_path / "link").is_symlink()


def test_a_failed_write_leaves_no_temporary_file(folder: Path) -> None:
    (folder / "a").mkdir()
    with pytest.raises(errors.StateError, match="cannot write"):
        files.write_private(folder / "a", "text")
    assert os.listdir(folder) == ["a"]  # noqa: PTH208
    with pytest.raises(errors.StateError, match="cannot write"):
        files.write_private(folder / "none" / "a", "text")


def test_a_full_disk_keeps_the_old_text(folder: Path) -> None:
    path = folder / "a"
    files.write_private(path, "old")
    script = """
import resource, sys
from pathlib import Path
from kiwoomctl import errors, files
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    files.write_private(Path(sys.argv[1]), "new" * 1000)
except errors.StateError as exc:
    print(exc)
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith(f"cannot write {path}: ")
    assert files.read_private(path) == "old"
    assert os.listdir(folder) == ["a"]  # noqa: PTH208


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(errors.StateError, match=r"cannot read .*folder"):
        files.read_private(tmp_path / "folder")
    (tmp_path / "cp949").write_bytes("키움".encode("cp949"))
    with pytest.raises(errors.StateError, match=r"cp949: it is not UTF-8"):
        files.read_private(tmp_path / "cp949")
