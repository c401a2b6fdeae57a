"""The table of what each broker offers, made from the data that refusals go by.

Run as ``python -m tests.broker_table`` after that data changed; the tests only compare.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, get_args

from kiwoomctl.brokers.houses import NAMES, House, house_of
from kiwoomctl.domain.offers import WORDS, Ability, Extent, Offer
from kiwoomctl.domain.orders import Exchange, OrderType
from kiwoomctl.domain.portfolio import Environment
from kiwoomctl.render.cells import width
from tests.messages import translations

TOPICS: Final = Path(__file__).parent.parent / "kiwoomctl" / "topics"
SERVERS: Final[tuple[Environment, ...]] = ("real", "mock")
HEADINGS: Final = {"en": "What each can do", "ko": "증권사별 기능"}
EXTENTS: Final = {
    "en": {
        Extent.YES: "yes",
        Extent.NO: "no",
        Extent.EMPTY: "empty",
        Extent.SUM: "sum",
        Extent.KEPT: "kept",
        Extent.OPEN: "sent",
    },
    "ko": {
        Extent.YES: "가능",
        Extent.NO: "불가",
        Extent.EMPTY: "빈칸",
        Extent.SUM: "합계",
        Extent.KEPT: "보관",
        Extent.OPEN: "전송",
    },
}
_TEXTS: Final = {
    "en": {
        "houses": {"kiwoom": "Kiwoom", "kis": "KIS"},
        "real": "real",
        "mock": "mock",
        "orders": "buy, sell on {exchange}",
        "rate": "requests a second",
    },
    "ko": {
        "houses": {"kiwoom": "키움증권", "kis": "한국투자증권"},
        "real": "실전",
        "mock": "모의",
        "orders": "buy, sell ({exchange})",
        "rate": "1초 요청 수",
    },
}
_LABEL, _CELL = 34, 8
_ORDERS_BEFORE: Final = Ability.MODIFY
"""The row that buys and sells stand above."""

Row = tuple[str, tuple[str, ...]]


def lines(language: str) -> list[str]:
    """Return the lines of the table as they stand in the topic."""
    houses = [house_of(name) for name in NAMES]
    texts = _TEXTS[language]
    names: dict[str, str] = texts["houses"]  # type: ignore[assignment]  # of this key
    head = [cell for house in houses for cell in (names[house.name], "")]
    servers = [str(texts[server]) for _ in houses for server in SERVERS]
    found = [_line("", tuple(head)), _line("", tuple(servers))]
    for label, cells in rows(houses, language):
        first, *more = textwrap.wrap(
            label, _LABEL - 2, subsequent_indent="  ", break_on_hyphens=False
        )
        indent = label[: len(label) - len(label.lstrip())]
        found.append(_line(indent + first.lstrip(), cells))
        found += [_line(f"{indent}{part.lstrip()}", ()) for part in more]
    return found


def rows(houses: list[House], language: str) -> Iterator[Row]:
    """Yield each row: what it is about, and a cell for each house's real and mock server."""
    known = translations()
    for ability in Ability:
        if ability is _ORDERS_BEFORE:
            yield from _order_rows(houses, language)
        label = WORDS[ability]
        yield (
            known[label] if language == "ko" else label,
            tuple(
                EXTENTS[language][house.offers[ability].at(server)]
                for house in houses
                for server in SERVERS
            ),
        )
    yield (
        str(_TEXTS[language]["rate"]),
        tuple(_rate(house, server) for house in houses for server in SERVERS),
    )


def _order_rows(houses: list[House], language: str) -> Iterator[Row]:
    """Yield a row for each exchange, and one for the types that differ from most others there."""
    for exchange in get_args(Exchange):
        offers: dict[OrderType, tuple[Offer, ...]] = {
            kind: tuple(house.orders[exchange][kind] for house in houses) for kind in OrderType
        }
        counted = Counter(offers.values()).most_common()
        for place, (offer, _) in enumerate(counted):
            cells = tuple(EXTENTS[language][one.at(server)] for one in offer for server in SERVERS)
            kinds = ", ".join(kind.value for kind in OrderType if offers[kind] == offer)
            label = str(_TEXTS[language]["orders"]).format(exchange=exchange)
            yield (label if place == 0 else f"  {kinds}"), cells


def _rate(house: House, server: Environment) -> str:
    total = f"{house.caps(server).total:g}"
    return total if house.one_pace else f"{total}+{total}"


def _line(label: str, cells: tuple[str, ...]) -> str:
    padded = [cell + " " * (_CELL - width(cell)) for cell in cells]
    return f"    {label}{' ' * (_LABEL - width(label))}{''.join(padded)}".rstrip()


def written(text: str, language: str) -> list[str]:
    """Return the lines of the table that stands in a topic's text."""
    return _block(text, language).splitlines()


def _block(text: str, language: str) -> str:
    found = re.search(
        rf"^## {re.escape(HEADINGS[language])}\n\n((?: {{4}}.*\n)*)", text, re.MULTILINE
    )
    assert found is not None
    return found[1]


def main() -> None:
    """Write the table into both texts."""
    for language, name in (("en", "brokers.md"), ("ko", "brokers.ko.md")):
        path = TOPICS / name
        text = path.read_text("utf-8")
        old = f"## {HEADINGS[language]}\n\n{_block(text, language)}"
        new = f"## {HEADINGS[language]}\n\n" + "".join(f"{line}\n" for line in lines(language))
        path.write_text(text.replace(old, new), "utf-8")


if __name__ == "__main__":
    main()
