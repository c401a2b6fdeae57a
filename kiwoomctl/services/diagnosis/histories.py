"""Whether the recorded days are sound; they are only read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from kiwoomctl.errors import Busy, KiwoomctlError, Phrase
from kiwoomctl.services.accounts import RecordedAccount
from kiwoomctl.services.diagnosis.findings import CONFIG_EXIT, Finding, failure, quoted, warning
from kiwoomctl.services.diagnosis.ledgers import UNREADY

_CHECK: Final = "history"


def findings(accounts: Sequence[RecordedAccount]) -> Iterator[Finding]:
    """Look at the history of each world of these accounts."""
    for account in {account.world: account for account in accounts}.values():
        if not account.has_history():
            continue
        try:
            yield _one(account)
        except KiwoomctlError as error:
            if isinstance(error, Busy) or error.code in UNREADY:
                yield warning(_CHECK, None, error)
            else:
                yield failure(_CHECK, None, error, CONFIG_EXIT)


def _one(account: RecordedAccount) -> Finding:
    history, folder = account.history(), account.world
    path = quoted(folder / "history.sqlite3")
    command = Phrase("cp -p {path} {copy}", path=path, copy=f"{path}.copy")
    advice = Phrase("keep a copy of it, and put a backup in its place")
    fix = Phrase("{advice}: {command}", advice=advice, command=command)
    if damage := history.damage():
        text = Phrase("{path}: the history is damaged: {reason}", path=folder, reason=damage[0])
        return Finding(_CHECK, None, "failed", text, fix, CONFIG_EXIT)
    if broken := history.broken():
        text = Phrase("{path}: {count} recorded days are not whole", path=folder, count=len(broken))
        return Finding(_CHECK, None, "failed", text, fix, CONFIG_EXIT)
    text = Phrase("{path}: {count} records, all whole", path=folder, count=history.size())
    return Finding(_CHECK, None, "ok", text)
