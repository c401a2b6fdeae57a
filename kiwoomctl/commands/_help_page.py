"""What ``--help`` looks like: examples first, a command's own options, the common ones in short.

Lines are wrapped by the cells they take on a terminal: a Hangul syllable takes two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from typer.core import TyperGroup

from kiwoomctl.locale import _, fill

COMMON: Final = (
    "-p/--profile NAME",
    "-o/--output table|json|jsonl|csv",
    "--fields A,B,C",
    "--demo",
    "--lang ko|en",
    "--no-color",
    "-q/--quiet",
    "-v/--verbose",
    "--timeout S",
    "-h/--help",
)
"""The options every command takes, in short; a test holds them equal to the real ones."""
FLAGS: Final = frozenset(re.findall(r"--[a-z-]+", " ".join(COMMON)))
ROOT: Final = "kiwoomctl"
_GAP: Final = 2
_WIDEST_NAME: Final = 30
_NARROWEST_TEXT: Final = 24
_REQUIRED: Final = "[required]"
_DEFAULT: Final = re.compile(r" *\[default: ([^\]]*)\]")
_WORD: Final = re.compile(r"\[[^\[\] ]+: [^\]]*\]|\S+")


class HelpPage(TyperGroup.context_class.formatter_class):  # type: ignore[name-defined,misc]  # Typer's own formatter has no public name
    """Typer's help with examples, and its fixed words in the user's language."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._command = ""
        self._section = ""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the usage line."""
        self._command = prog
        # Typer puts the names of required arguments into braces.
        plain = args.replace("{", "").replace("}", "")
        super().write_usage(prog, plain, _("Usage: ") if prefix is None else prefix)

    def write_text(self, text: str) -> None:
        """Write a paragraph, and below what the command does some examples of it."""
        for line in wrapped(text, self.width - self.current_indent):
            self._line(line)
        if not self._section:
            self._section = "Examples"
            self._write_examples()

    @contextmanager
    def section(self, name: str) -> Iterator[None]:
        """Write a heading, and below it what is written meanwhile."""
        self._section = name
        if name != "Options":
            self.write_paragraph()
            self.write_heading(_(name))
        self.indent()
        try:
            yield
        finally:
            self.dedent()

    def write_dl(self, rows: Sequence[tuple[str, str]], *args: Any, **more: Any) -> None:  # noqa: ARG002 - the base's form
        """Write options or commands with their explanations."""
        if self._section != "Options":
            self._write_rows(rows)
            return
        short = self._command != ROOT
        own = [row for row in rows if not (short and FLAGS & set(row[0].split()))]
        if own:
            self._write_section("Options", own)
        if short and len(own) < len(rows) - 1:
            self.dedent()
            self.write_paragraph()
            self.write_heading(_("Common options (kiwoomctl help options)"))
            self.indent()
            for line in filled(COMMON, self.width - self.current_indent):
                self._line(line)

    def _write_examples(self) -> None:
        from kiwoomctl.commands._examples import examples

        known = examples(self._command.removeprefix(ROOT).strip())
        rows = [(f"{ROOT} {words}".rstrip(), told) for words, told in known]
        if rows:
            self._write_section("Examples", rows, widest=self.width)

    def _write_section(
        self, name: str, rows: Sequence[tuple[str, str]], widest: int = _WIDEST_NAME
    ) -> None:
        self.dedent()
        self.write_paragraph()
        self.write_heading(_(name))
        self.indent()
        self._write_rows(rows, widest)

    def _write_rows(self, rows: Sequence[tuple[str, str]], widest: int = _WIDEST_NAME) -> None:
        from kiwoomctl.render.cells import width

        told = [(first, explained(second)) for first, second in rows]
        room = self.width - self.current_indent
        column = _GAP + max((width(first) for first, _second in told if width(first) <= widest))
        if widest > _WIDEST_NAME and any(column + width(second) > room for _first, second in told):
            # Whole command lines are long: what they do stands below them.
            for first, second in told:
                self._line(first)
                for line in wrapped(second, room - 4):
                    self._line(f"    {line}")
            return
        for first, second in told:
            texts = wrapped(second, max(room - column, _NARROWEST_TEXT))
            if width(first) + _GAP > column and texts:
                self._line(first)
                first = ""  # noqa: PLW2901 - its explanation begins below it
            self._line(f"{first}{' ' * (column - width(first))}{texts[0] if texts else ''}")
            for line in texts[1:]:
                self._line(f"{' ' * column}{line}")

    def _line(self, text: str) -> None:
        self.write(f"{' ' * self.current_indent}{text}".rstrip() + "\n")


def explained(text: str) -> str:
    """Return what Typer says of an option, its fixed words in the user's language."""
    if text.endswith(_REQUIRED):
        return f"{_(text.removesuffix(_REQUIRED).rstrip())} {_(_REQUIRED)}".strip()
    plain, default = _DEFAULT.sub("", text), _DEFAULT.search(text)
    if default is None:
        return _(text)
    return f"{_(plain)} {fill('[default: {value}]', {'value': default[1]})}".strip()


def wrapped(text: str, room: int) -> list[str]:
    """Return the lines of a text that take at most so many cells; none for an empty text."""
    return filled(_WORD.findall(text), room, " ")


def filled(parts: Sequence[str], room: int, gap: str = "  ") -> list[str]:
    """Return lines of whole parts, each at most so many cells wide where its parts allow it."""
    from kiwoomctl.render.cells import width

    lines: list[str] = []
    for part in parts:
        if lines and width(lines[-1]) + len(gap) + width(part) <= room:
            lines[-1] += gap + part
        else:
            lines.append(part)
    return lines
