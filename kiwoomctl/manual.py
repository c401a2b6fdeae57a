"""Manual pages, made from what ``--help`` and the help topics say.

``python -m kiwoomctl.manual FOLDER`` writes ``man1`` (the program and each command) and ``man7``
(each topic) below it, and the Korean ones below ``ko``. Only the macros TH, SH, PP, TP, IP, RS,
RE, nf and fi are used, and bold by escapes: every program that reads manual pages knows these.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from kiwoomctl import __version__, locale, topics
from kiwoomctl.locale import _

PROGRAM: Final = "kiwoomctl"
_CONTROL: Final = (".", "'")
"""What begins a line of orders to roff."""
_LONGEST: Final = 79
_ITEM: Final = re.compile(r"(\d+\.|-) +(.*)")


def write(folder: Path, language: str, day: date) -> list[Path]:
    """Write every page of the active language; return their paths.

    Args:
        folder: the ``man`` folder; another language than English has one of its own in it.
        language: the active one.
        day: what the pages are dated.
    """
    below = folder if language == "en" else folder / language
    written = []
    for name, section, text in pages(language, day):
        path = below / f"man{section}" / f"{name}.{section}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="\n")
        written.append(path)
    return written


def pages(language: str, day: date) -> Iterator[tuple[str, int, str]]:
    """Yield name, section and text of every page in the active language."""
    from kiwoomctl.app import build

    root: Any = build()
    for path, command in _commands("", root):
        name = "-".join((PROGRAM, *path.split()))
        yield name, 1, _of_command(path, command, day)
    for topic in topics.names():
        text = topics.text(topic, language) or ""
        yield f"{PROGRAM}-{topic}", 7, _of_topic(topic, text, day)


def _commands(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    import typer

    yield path, command
    if hasattr(command, "list_commands"):
        context = typer.Context(command)
        for name in command.list_commands(context):
            yield from _commands(f"{path} {name}".strip(), command.get_command(context, name))


def _of_command(path: str, command: Any, day: date) -> str:
    from kiwoomctl.commands import entries
    from kiwoomctl.commands._common import HELP
    from kiwoomctl.commands._examples import examples
    from kiwoomctl.commands._help_page import FLAGS, explained

    import typer  # isort: skip

    words = f"{PROGRAM} {path}".strip()
    name = words.replace(" ", "-")
    context = typer.Context(command, info_name=words, **HELP)
    lines = [
        _title(name, 1, day),
        f".SH {_('NAME')}",
        f"{roff(name)} \\- {roff(command.help.rstrip('.'))}",
    ]
    usage = " ".join(command.collect_usage_pieces(context)).replace("{", "").replace("}", "")
    lines += [f".SH {_('SYNOPSIS')}", f"\\fB{roff(words)}\\fR {roff(usage)}".rstrip()]
    lines.append(f".SH {_('EXAMPLES')}")
    for line, told in examples(path):
        lines += [".PP", roff(told), *_literal([f"{PROGRAM} {line}".rstrip()])]
    records = [
        (param, record)
        for param in command.get_params(context)
        if (record := param.get_help_record(context)) is not None
    ]
    own: list[tuple[str, str]] = []
    shared: list[tuple[str, str]] = []
    arguments: list[tuple[str, str]] = []
    for param, (names, told) in records:
        row = (names, explained(told))
        if param.param_type_name == "argument":
            arguments.append(row)
        else:
            (shared if path and FLAGS & set(names.split()) else own).append(row)
    lines += _section(_("ARGUMENTS"), arguments)
    lines += _section(_("OPTIONS"), own)
    lines += _section(_("COMMON OPTIONS"), shared if len(shared) > 1 else [])
    summaries = {entry.name: entry.summary for entry in entries()}
    below = [
        (f"{words} {name}", summaries[name] if not path else found.help)
        for name in (command.list_commands(context) if hasattr(command, "list_commands") else ())
        if (found := command.get_command(context, name))
    ]
    lines += _section(_("COMMANDS"), below)
    return _page([*lines, *_see_also(name)])


def _section(title: str, rows: Iterable[tuple[str, str]]) -> list[str]:
    lines = [f".SH {title}"]
    for first, told in rows:
        lines += [".TP", f"\\fB{roff(first)}\\fR", roff(told) or "\\&"]
    return lines if len(lines) > 1 else []


def _of_topic(topic: str, text: str, day: date) -> str:
    heading, _newline, body = text.partition("\n")
    name = f"{PROGRAM}-{topic}"
    lines = [_title(name, 7, day), f".SH {_('NAME')}"]
    lines += [f"{roff(name)} \\- {roff(heading.lstrip('# '))}", f".SH {_('DESCRIPTION')}"]
    for block in re.split(r"\n\n+", body.strip("\n")):
        lines += _block(block.splitlines())
    return _page([*lines, *_see_also(name)])


def _block(block: list[str]) -> Iterator[str]:
    """Yield the lines of a paragraph, a heading, a list or something to be left as it is."""
    fenced = block[0].startswith("```")
    if block[0].startswith("#"):
        yield f".SH {roff(block[0].lstrip('# ').replace('`', ''))}"
        block = block[1:]
    if not block:
        return
    if fenced or block[0].startswith("    "):
        yield from _literal(line.removeprefix("    ") for line in block if line[:3] != "```")
        return
    paragraphs: list[tuple[str, list[str]]] = []
    for line in block:
        item = _ITEM.match(line)
        if item or not paragraphs:
            paragraphs.append((f'.IP "{roff(item[1])}" 4' if item else ".PP", []))
        paragraphs[-1][1].append(item[2] if item else line.strip())
    for macro, lines in paragraphs:
        yield macro
        yield _marked(" ".join(lines))


def _literal(lines: Iterable[str]) -> list[str]:
    return [
        ".PP",
        ".RS 4",
        ".nf",
        *(_marked(line.rstrip()) or "\\&" for line in lines),
        ".fi",
        ".RE",
    ]


def _marked(text: str) -> str:
    """Return a line of prose; what stands between backquotes is bold."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return roff(text)
    told = "".join(f"\\fB{roff(p)}\\fR" if k % 2 else roff(p) for k, p in enumerate(parts))
    return told if parts[0] else f"\\&{told}"


def _title(name: str, section: int, day: date) -> str:
    return f'.TH "{roff(name).upper()}" "{section}" "{day}" "{PROGRAM} {__version__}" "{PROGRAM}"'


def _see_also(name: str) -> list[str]:
    others = [f"{PROGRAM}(1)"] if name != PROGRAM else []
    others += [f"{PROGRAM}-{topic}(7)" for topic in topics.names() if f"{PROGRAM}-{topic}" != name]
    return [f".SH {_('SEE ALSO')}", ",\n".join(roff(other) for other in others)]


def _page(lines: Iterable[str]) -> str:
    """Return the text of a page, prose in short lines, no empty paragraph below a heading."""
    told: list[str] = []
    filling = True
    for line in lines:
        if line == ".PP" and told and told[-1].startswith(".SH"):
            continue
        filling = line == ".fi" or (filling and line != ".nf")
        prose = filling and not line.startswith(".")
        told += _short(line) if prose and not told[-1].startswith(f".SH {_('NAME')}") else [line]
    return "\n".join(told) + "\n"


def _short(line: str) -> Iterator[str]:
    """Yield a line of prose in parts of at most so many bytes; readers fill them anyway."""
    part = ""
    for word in line.split(" "):
        if part and len(f"{part} {word}".encode()) > _LONGEST:
            yield part
            part = f"\\&{word}" if word[:1] in _CONTROL else word
        else:
            part = f"{part} {word}" if part else word
    yield part


def roff(text: str) -> str:
    """Return text as it has to be written so that it is read as it is."""
    plain = text.replace("\\", "\\e").replace("-", "\\-").replace("~", "\\(ti")
    plain = plain.replace("^", "\\(ha").replace("`", "\\(ga")
    return f"\\&{plain}" if plain[:1] in _CONTROL else plain


def main(folder: str, *language: str) -> None:
    """Write the pages of all languages; a process speaks one, so each gets its own."""
    if not language:
        for other in locale.LANGUAGES:
            subprocess.run([sys.executable, "-m", "kiwoomctl.manual", folder, other], check=True)
        return
    moment = os.environ.get("SOURCE_DATE_EPOCH")
    now = datetime.now(UTC) if moment is None else datetime.fromtimestamp(int(moment), UTC)
    locale.activate(language[0])
    write(Path(folder), language[0], now.date())


if __name__ == "__main__":
    main(*sys.argv[1:])
