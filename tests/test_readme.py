"""Help that README shows is the help there is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

README = (Path(__file__).parent.parent / "README.md").read_text("utf-8")


def test_help_in_readme_is_what_the_command_says() -> None:
    shown = re.findall(
        r"^    \$ kiwoomctl ([a-z ]*--help)\n(.*?)^<!-- end of help -->$",
        README,
        re.MULTILINE | re.DOTALL,
    )
    assert len(shown) == 2
    for words, block in shown:
        done = subprocess.run(
            [sys.executable, "-m", "kiwoomctl", *words.split()],
            capture_output=True,
            check=True,
            env={**os.environ, "COLUMNS": "80"},
        )
        assert textwrap.dedent(block) == done.stdout.decode(), words


def test_the_order_in_readme_is_previewed_in_the_words_of_today(tmp_path: Path) -> None:
    shown = README.partition("    [DEMO] BUY\n")[2].partition("    send it?")[0]
    words = ["buy", "005930", "1", "--price", "260000", "-p", "isa", "--demo", "--dry-run"]
    done = subprocess.run(
        [sys.executable, "-m", "kiwoomctl", *words],
        capture_output=True,
        check=True,
        env={**os.environ, "HOME": str(tmp_path), "KIWOOMCTL_STATE_DIR": str(tmp_path / "state")},
    )

    # Prices move with the clock; what is said about them does not.
    told = done.stderr.decode().partition("[DEMO] BUY\n")[2]
    assert _wording(textwrap.dedent(shown)) == _wording(textwrap.dedent(told))


def _wording(text: str) -> list[str]:
    return [re.sub(r"[\d.,]+", "0", line) for line in text.strip().splitlines()]
