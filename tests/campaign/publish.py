"""``python -m tests.campaign.publish FILE``: write a campaign's figures into the help topic.

The table of ``reliability`` then tells, for each row, how many cases were tried and how many of
them failed; a row that the file does not have stays as it is.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

TOPICS = Path(__file__).parent.parent.parent / "kiwoomctl" / "topics"
WORDS = {
    "reliability.md": ("{cases:,}, {failed} failed", "not run"),
    "reliability.ko.md": ("{cases:,}건, 실패 {failed}", "미실행"),
}


def main(words: list[str]) -> int:
    """Rewrite the tables; 2 without a file."""
    if len(words) != 1:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    document = json.loads(Path(words[0]).read_text("utf-8"))
    for name in WORDS:
        path = TOPICS / name
        path.write_text(published(path.read_text("utf-8"), name, document), "utf-8")
    return 0


def published(text: str, name: str, document: dict[str, Any]) -> str:
    """Return a topic's text with the figures of a campaign in its table."""
    told, unrun = WORDS[name]
    for row in document["rows"]:
        figures = told.format(**row) if row["result"] != "NOT RUN" else unrun
        # What stands before the figures keeps its width, so that they stand below each other.
        line = re.compile(rf"^(    {row['name']} .*?\S  +)\S.*$", re.MULTILINE)
        text = line.sub(rf"\g<1>{figures}", text)
    return text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
