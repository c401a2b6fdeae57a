"""Find every text the program says, and keep the catalogue and the ready help up to date.

Run as ``python -m tests.messages`` after texts changed; the tests only compare.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

from tests import error_codes

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

PACKAGE = Path(__file__).parent.parent / "kiwoomctl"
LOCALE = PACKAGE / "locale"
CATALOGUE = LOCALE / "ko" / "LC_MESSAGES" / "kiwoomctl.po"
COMPLETION = PACKAGE / "completion"
LANGUAGES = ("en", "ko")
# Calls whose text arguments are said to people; the simulator speaks the broker's Korean.
SPEAKING = {
    "_",
    "fill",
    "Phrase",
    "refuse",
    "_failed",
    "_no_keyring",
    "_unreadable",
    "unreadable",
    "_wrong_type",
    "KiwoomctlError",
    "UsageError",
    "BrokerRejected",
    "UnknownOutcome",
    "SignInError",
    "ConfigError",
    "StateError",
    "Busy",
    "Unavailable",
    "Unreadable",
    "Throttled",
    "Refused",
    "Interrupted",
    "Column",
    "_field",
    "_of_day",
    "_position",
    "_cash",
    "over_accounts",
    "_line",
    "_orderable",
    "_realized",
    "Report",
    "_refused",
    "_run",
    "orders",
    "__init__",
}
SPEAKING_KEYWORDS = {"hint", "title", "empty", "message", "header"}
# Texts that reach people through tables of data.
TABLES = {"_DOUBTS", "_SIGN_IN", "WORDS", "_ACTIONS"}


def spoken() -> dict[str, str]:
    """Return every text and the first place it stands."""
    found: dict[str, str] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        for text, line in _texts(tree):
            found.setdefault(text, f"{path.relative_to(PACKAGE.parent)}:{line}")
    return found


def _texts(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from _said_by(node)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(getattr(target, "id", "") in TABLES for target in targets) and node.value:
                for part in ast.walk(node.value):
                    yield from _constants(part)
        elif isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple | ast.IfExp):
            yield from _returned(node.value)


def _said_by(call: ast.Call) -> Iterator[tuple[str, int]]:
    if getattr(call.func, "id", getattr(call.func, "attr", "")) not in SPEAKING:
        return
    for argument in call.args:
        yield from _constants(argument)
    for keyword in call.keywords:
        if keyword.arg in SPEAKING_KEYWORDS:
            yield from _constants(keyword.value)


def _returned(value: ast.Tuple | ast.IfExp) -> Iterator[tuple[str, int]]:
    """Yield what a function returns: parts of a tuple, and sentences chosen by a condition."""
    if isinstance(value, ast.Tuple):
        for part in value.elts:
            yield from _constants(part)
        return
    for branch in (value.body, value.orelse):
        if isinstance(branch, ast.Tuple | ast.IfExp):
            yield from _returned(branch)
        else:
            yield from ((text, line) for text, line in _constants(branch) if " " in text)


def _constants(node: ast.AST) -> Iterator[tuple[str, int]]:
    if isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_said(node.value):
        yield node.value, node.lineno


def _is_said(text: str) -> bool:
    """Tell texts for people from keys and codes: they have a blank or a capital letter."""
    bare = text.strip()
    return any(c.isalpha() for c in bare) and (" " in bare or bare[:1].isupper() or bare in WORDS)


WORDS = {
    "command",
    "environment",
    "owner",
    "[required]",
    "live",
    "lost",
    "frozen",
    "received",
    "confirmed",
    "yes",
    "no",
    "error",
    "real",
    "mock",
    "sim",
    "valid",
    "expired",
    "none",
    "language",
    "stopped",
    "ok",
    "warning",
    "failed",
    "config",
    "state",
    "permissions",
    "secret",
    "token",
    "rate",
    "clock",
    "versions",
    "account",
    "cron",
    "storage",
    "disk",
    "leftovers",
    "locks",
    "integrity",
    "schema",
    "invariants",
    "history",
    "sqlite",
    "keyring",
    "terminal",
    "files",
    "records",
    "accounts",
    "machine",
    "modify",
    "cancel",
    "accepted",
    "not_sent",
    "active",
    "reducing",
    "halted",
    "ledger",
    "buy",
    "sell",
    "open",
    "partial",
    "filled",
    "cancelled",
    "rejected",
    "hold",
    "warn",
    "dry_run",
    "refuse",
    "refused",
    "closed",
    "unknown",
    "api",
    "request",
    "response",
    "other",
    "ledger_doubt",
    "invariant",
    "not_comparable",
    "foreign_order",
    "missing",
    "differs",
    "doubtful_match",
    "unlisted_rejection",
    "absent_but_found",
    "open_outcome",
    "limit",
    "market",
    "conditional",
    "best",
    "first",
    "ioc",
    "market-ioc",
    "best-ioc",
    "fok",
    "market-fok",
    "best-fok",
    "stop",
    "mid",
    "mid-ioc",
    "mid-fok",
    "pre-close",
    "post-close",
    "single",
    "cash",
    "shares",
    "position",
    "fill",
    "person",
    "broker",
    "Usage: ",
    "Options",
    "Examples",
    "Arguments",
    "Commands",
    "Show this message and exit.",
}


def placeholders(text: str) -> set[str]:
    """Return the fields of a template, each with its conversion and format."""
    return {
        f"{name}!{conversion}:{form}"
        for _, name, form, conversion in Formatter().parse(text)
        if name is not None
    }


def translations() -> dict[str, str]:
    """Return the Korean catalogue as it is: every text and its translation, "" without one."""
    from babel.messages.pofile import read_po

    with CATALOGUE.open("rb") as source:
        found = read_po(source, locale="ko")
    return {str(message.id): str(message.string) for message in found if message.id}


def compiled(known: Mapping[str, str]) -> bytes:
    """Return the catalogue as programs read it; untranslated texts are left out."""
    from babel.messages.mofile import write_mo

    target = BytesIO()
    write_mo(target, _catalogue(known))
    return target.getvalue()


def ready_help(language: str) -> bytes:
    """Return the real help screen; a process speaks one language, so another one makes it."""
    made = subprocess.run(
        [sys.executable, "-c", HELP_SCREEN, language],
        check=True,
        capture_output=True,
        env={**os.environ, "COLUMNS": "80"},
    )
    return made.stdout


def ready_words(language: str) -> bytes:
    """Return the table that completion at the prompt reads, made from the real commands."""
    made = subprocess.run(
        [sys.executable, "-m", "tests.completions", language], check=True, capture_output=True
    )
    return made.stdout


def main() -> None:
    """Write the catalogue, its compiled form, the ready help screens, words and codes."""
    known = translations()
    fresh = {text: known.get(text, "") for text in sorted({*spoken(), *WORDS})}
    CATALOGUE.write_bytes(_as_text(fresh))
    CATALOGUE.with_suffix(".mo").write_bytes(compiled(fresh))
    for text, translation in fresh.items():
        if not translation:
            sys.stdout.write(f"untranslated: {text!r}\n")
    for language in LANGUAGES:
        (LOCALE / f"help.{language}.txt").write_bytes(ready_help(language))
        (COMPLETION / f"words.{language}.tsv").write_bytes(ready_words(language))
        error_codes.refresh(language)


def _as_text(known: Mapping[str, str]) -> bytes:
    from babel.messages.pofile import write_po

    target = BytesIO()
    write_po(target, _catalogue(known), width=100, omit_header=True, no_location=True)
    return HEADER.encode() + target.getvalue()


def _catalogue(known: Mapping[str, str]) -> Catalog:
    from babel.messages.catalog import Catalog

    class Plain(Catalog):
        """A catalogue without dates and tools in its head: equal texts make equal files."""

        mime_headers = [("Content-Type", "text/plain; charset=utf-8"), ("Language", "ko")]  # noqa: RUF012 - the base's form

    catalogue = Plain(locale="ko", charset="utf-8", fuzzy=False)
    for text, translation in known.items():
        catalogue.add(text, translation)
    return catalogue


HEADER = """\
# Korean texts of kiwoomctl; python -m tests.messages keeps the list complete.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Language: ko\\n"

"""

HELP_SCREEN = (
    "import sys; from kiwoomctl import app, locale; locale.activate(sys.argv[1]); "
    "sys.stdout.buffer.write(app.help_screen().encode())"
)

if __name__ == "__main__":
    main()
