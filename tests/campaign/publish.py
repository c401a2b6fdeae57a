"""``python -m tests.campaign.publish FILE``: write a campaign's figures into the help topic.

The table of ``reliability`` then tells, for each row, how many cases were tried at each broker and
how many of them failed; what the file does not have stays as it is.
"""

from __future__ import annotations

import json
import re
import sys
from functools import partial
from pathlib import Path
from typing import Any

from kiwoomctl.render.cells import width
from tests.campaign.houses import HOUSES

TOPICS = Path(__file__).parent.parent.parent / "kiwoomctl" / "topics"
NAMES = ("reliability.md", "reliability.ko.md")
BROKERS = ("kiwoom", "kis")
"""In the order of the columns."""
NOT_RUN = "-"
FIRST, NEXT, LAST = 62, 11, 7
"""Where the figures of the first broker end, and how much further the others do."""


def main(words: list[str]) -> int:
    """Rewrite the tables; 2 without a file."""
    if len(words) != 1:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    document = json.loads(Path(words[0]).read_text("utf-8"))
    for name in NAMES:
        path = TOPICS / name
        path.write_text(published(path.read_text("utf-8"), document), "utf-8")
    return 0


def published(text: str, document: dict[str, Any]) -> str:
    """Return a topic's text with the figures of a campaign in its table."""
    figure = rf"([\d,]+|{NOT_RUN})"
    for name in {row["name"] for row in document["rows"]}:
        line = re.compile(rf"^(    {name}  .*?\S) +{figure} +{figure} +(\d+)$", re.MULTILINE)
        rows = [row for row in document["rows"] if row["name"] == name]
        text = line.sub(partial(_line, rows), text)
    return text


def _line(rows: list[dict[str, Any]], found: re.Match[str]) -> str:
    head, *told, failed = found.groups()
    whole = sum(row["failed"] for row in rows)
    for n, broker in enumerate(BROKERS):
        own = [row for row in rows if HOUSES[row["house"]].broker == broker]
        if own:
            told[n] = f"{sum(row['cases'] for row in own):,}"
        else:
            # What failed there is told in the sum only.
            whole = max(whole, int(failed))
    return f"{head}{told[0]:>{FIRST - width(head)}}{told[1]:>{NEXT}}{whole:>{LAST}}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
