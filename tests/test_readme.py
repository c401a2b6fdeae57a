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
