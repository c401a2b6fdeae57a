"""What is wrong with profiles.toml."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kiwoomctl.errors import ConfigError, Phrase
from kiwoomctl.services.diagnosis.findings import CONFIG_EXIT, Finding, failure, hint, quoted

_EDIT: Final = '"${{EDITOR:-vi}}" {file}'


def readable(path: str, count: int) -> Iterator[Finding]:
    """Tell of a file that could be read, with so many profiles in this run."""
    text = Phrase("{path}, profiles looked at: {count}", path=path, count=count)
    yield Finding("config", None, "ok", text)


def unreadable(path: str, error: ConfigError) -> Iterator[Finding]:
    """Tell why the file cannot be used."""
    # The hints of these name a command or a word already; others leave the file to be edited.
    if error.code == "config_encoding":
        fix = Phrase(
            "iconv -f CP949 -t UTF-8 {file} > {new} && mv {new} {file}",
            file=quoted(path),
            new=quoted(f"{path}.utf8"),
        )
    elif error.code == "config_permissions":
        fix = Phrase("chmod go-w {file}", file=quoted(path))
    elif error.code == "config_unreadable":
        fix = Phrase("chmod u+rw {file}", file=quoted(path))
        if Path(path).is_dir():
            fix = Phrase("mv {file} {new}", file=quoted(path), new=quoted(f"{path}.old"))
    elif error.code in {"config_toml", "config_value"}:
        fix = Phrase(_EDIT, file=quoted(path))
        if (advice := hint(error)) is not None:
            fix = Phrase("{advice}: {command}", advice=advice, command=fix)
    else:
        fix = hint(error) or Phrase(_EDIT, file=quoted(path))
    found = failure("config", None, error, CONFIG_EXIT)
    yield found._replace(fix=fix)


def permissions(path: str) -> Iterator[Finding]:
    """Tell who else can read the file, or could change it."""
    file = Path(path)
    if sys.platform == "win32" or not file.is_file():
        return
    status = file.stat()
    if status.st_uid not in {os.getuid(), 0}:
        yield Finding(
            "permissions",
            None,
            "warning",
            Phrase("{path} belongs to another user, who can change it", path=path),
            Phrase('sudo chown "$(id -un)" {file}', file=quoted(path)),
        )
    if stat.S_IMODE(status.st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        yield Finding(
            "permissions",
            None,
            "warning",
            Phrase("{path} can be read by other users", path=path),
            Phrase("chmod 600 {file}", file=quoted(path)),
        )
