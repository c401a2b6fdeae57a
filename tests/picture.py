"""Draw what the demo looks like on a terminal, for the README.

Run as ``python -m tests.picture``. The figures are those of the moment it runs.
"""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import termios
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from xml.sax.saxutils import escape

from rich.cells import cell_len
from rich.console import Console
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT: Final = Path(__file__).parent.parent
PICTURE: Final = ROOT / ".github" / "demo.svg"
COLUMNS: Final = 100
COMMANDS: Final = ("summary --demo", "positions --demo -p isa,pension")
_THEME: Final = TerminalTheme(
    (27, 31, 36),
    (224, 228, 234),
    [
        (27, 31, 36),
        (244, 112, 103),
        (138, 203, 136),
        (224, 188, 110),
        (108, 166, 245),
        (200, 150, 230),
        (110, 200, 205),
        (224, 228, 234),
    ],
    [
        (110, 118, 129),
        (255, 138, 128),
        (160, 220, 158),
        (240, 208, 140),
        (140, 190, 255),
        (220, 176, 245),
        (140, 220, 225),
        (255, 255, 255),
    ],
)
_CELL: Final = 9.6
_LINE: Final = 22
_MARGIN: Final = 24
_HEAD: Final = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" \
font-family="ui-monospace, Menlo, Consolas, D2Coding, 'Noto Sans Mono CJK KR', monospace" \
font-size="16" xml:space="preserve">
<title>kiwoomctl</title>
<rect width="{width}" height="{height}" rx="10" fill="{ground}"/>
"""


def on_terminal(words: str, home: Path) -> str:
    """Run a command on a terminal; return all that it wrote, colours and all."""
    near, far = pty.openpty()
    termios.tcsetwinsize(far, (50, COLUMNS))
    env = {
        "HOME": str(home),
        "PATH": os.environ["PATH"],
        "TERM": "xterm-256color",
        "LC_ALL": "ko_KR.UTF-8",
        "PYTHONUTF8": "1",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "kiwoomctl", *words.split()],
        cwd=ROOT,
        stdin=far,
        stdout=far,
        stderr=far,
        env=env,
    )
    os.close(far)
    chunks = []
    while True:
        try:
            chunk = os.read(near, 65536)
        except OSError:  # Linux reports the end of a terminal as an error
            break
        chunks.append(chunk)
    os.close(near)
    if process.wait() != 0:
        raise SystemExit(b"".join(chunks).decode())
    return b"".join(chunks).decode().replace("\r\n", "\n")


def drawn(text: Text, console: Console) -> str:
    """Return the picture of a text: every word at its own place, whatever fonts are there.

    No web font: a picture that loads something would tell others who looks at it.
    """
    lines = text.split("\n")
    width = round(COLUMNS * _CELL + 2 * _MARGIN)
    height = len(lines) * _LINE + 2 * _MARGIN
    parts = [_HEAD.format(width=width, height=height, ground=_THEME.background_color.hex)]
    for number, line in enumerate(lines):
        y = _MARGIN + (number + 0.75) * _LINE
        column = 0
        for segment in line.render(console):
            for word in re.findall(r"\S+|\s+", segment.text):
                if not word.isspace():
                    parts.append(_word(word, segment.style or Style.null(), column, y))
                column += cell_len(word)
    return "".join([*parts, "</svg>\n"])


def _word(word: str, style: Style, column: int, y: float) -> str:
    ink = style.color.get_truecolor(_THEME) if style.color else _THEME.foreground_color
    look = f' fill="{ink.hex}"'
    look += ' font-weight="bold"' if style.bold else ""
    look += ' opacity="0.55"' if style.dim else ""
    length = cell_len(word) * _CELL
    return (
        f'<text x="{_MARGIN + column * _CELL:.1f}" y="{y:.1f}" textLength="{length:.1f}" '
        f'lengthAdjust="spacingAndGlyphs"{look}>{escape(word)}</text>\n'
    )


def main() -> None:
    """Write the picture."""
    with TemporaryDirectory() as home:
        shown = Text("\n").join(
            Text.assemble(
                ("$ ", "bold"),
                f"kiwoomctl {words}\n",
                Text.from_ansi(on_terminal(words, Path(home))),
            )
            for words in COMMANDS
        )
    shown.rstrip()
    PICTURE.write_text(drawn(shown, Console(width=COLUMNS, force_terminal=True)), "utf-8")
    print(PICTURE.relative_to(ROOT))  # noqa: T201 - it tells what it wrote


if __name__ == "__main__":
    main()
