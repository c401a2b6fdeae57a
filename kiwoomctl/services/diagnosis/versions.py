"""What runs here: versions, the keyrings there are, what the terminal can show."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from typing import Final

from kiwoomctl import __version__
from kiwoomctl.errors import Phrase
from kiwoomctl.services.diagnosis.findings import CONFIG_EXIT, Finding

_LIBRARIES: Final = ("httpx", "typer", "keyring")
_OLDEST_SQLITE: Final = (3, 37, 0)
_SOUND_WAL: Final = (3, 51, 3)


def findings(
    sqlite: str,
    encoding: str,
    locale: str,
    keyrings: Sequence[str] | None,
    *,
    on_terminal: bool,
) -> Iterator[Finding]:
    """Tell what runs here.

    Args:
        sqlite: the version of SQLite.
        encoding: of what is written to stdout.
        locale: the name of the system's; "" where none is set.
        keyrings: the safe backends that can be used; None where no profile wants one.
        on_terminal: whether a person sees it as it is.
    """
    text = Phrase(
        "kiwoomctl {version}, Python {python}, {system}",
        version=__version__,
        python=platform.python_version(),
        system=f"{platform.system()} {platform.release()}",
    )
    libraries = ", ".join(f"{name} {_version(name)}" for name in _LIBRARIES)
    whole = Phrase("{text}; {libraries}", text=text, libraries=libraries)
    yield Finding("versions", None, "ok", whole)
    yield of_sqlite(sqlite)
    if keyrings:
        text = Phrase("usable here: {names}", names=", ".join(keyrings))
        yield Finding("keyring", None, "ok", text)
    elif keyrings is not None:
        text = Phrase("there is no system keyring that could be used from here")
        yield Finding("keyring", None, "warning", text, Phrase("kiwoomctl help security"))
    yield of_terminal(encoding, locale, on_terminal=on_terminal)


def of_sqlite(version: str) -> Finding:
    """Judge a version of SQLite."""
    parts = tuple(int(part) for part in version.split("."))
    if parts < _OLDEST_SQLITE:
        text = Phrase("SQLite {version} is too old: 3.37 is needed for the ledger", version=version)
        fix = Phrase("install a newer Python")
        return Finding("sqlite", None, "failed", text, fix, CONFIG_EXIT)
    text = Phrase("SQLite {version}", version=version)
    if parts < _SOUND_WAL:
        # What is known to be broken there is a mode that no file of ours is ever in.
        text = Phrase(
            "{sqlite}; its trouble with WAL cannot occur: that is never used", sqlite=text
        )
    return Finding("sqlite", None, "ok", text)


def of_terminal(encoding: str, locale: str, *, on_terminal: bool) -> Finding:
    """Judge what can be shown."""
    values = {"encoding": encoding, "locale": locale or "-"}
    if encoding.lower().replace("-", "") in {"utf8", "cp65001"} or not on_terminal:
        text = Phrase("writes {encoding}; locale {locale}", **values)
        return Finding("terminal", None, "ok", text)
    text = Phrase("writes {encoding}, locale {locale}: Korean may not be shown", **values)
    return Finding("terminal", None, "warning", text, Phrase("export LC_ALL=C.UTF-8"))


def _version(library: str) -> str:
    from importlib import metadata

    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "-"
