"""A page as its reader finds it: elements with their texts, nesting and addresses looked at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Self

from tests.cli.conftest import Run, Serve, Served
from tests.cli.test_snapshot import DAYS, EVENING

EMPTY = {"meta", "br"}
ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "main", "header", "footer", "section"),
    *("div", "span", "p", "h1", "h2", "h3", "b", "small", "code", "ul", "li", "dl", "dt", "dd"),
    *("table", "thead", "tbody", "tfoot", "tr", "th", "td", "details", "summary"),
    *("svg", "path", "rect", "circle"),
}
"""Nothing here runs, loads or sends anything."""
INSIDE = {
    "tr": {"thead", "tbody", "tfoot"},
    "td": {"tr"},
    "th": {"tr"},
    "li": {"ul"},
    "dt": {"div"},
    "dd": {"div"},
    "summary": {"details"},
}


@dataclass
class Element:
    """An element, its attributes and what is in it."""

    name: str
    attributes: dict[str, str]
    parts: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(part if isinstance(part, str) else part.text for part in self.parts)

    def all(self, **wanted: str) -> Iterator[Self]:
        """Yield the elements below with these attributes (``data_part`` is data-part)."""
        names = {key.replace("_", "-"): value for key, value in wanted.items()}
        for part in self.parts:
            if isinstance(part, Element):
                if all(part.attributes.get(key) == value for key, value in names.items()):
                    yield part  # type: ignore[misc]  # an Element
                yield from part.all(**wanted)  # type: ignore[misc]  # the same

    def one(self, **wanted: str) -> Element:
        [found] = self.all(**wanted)
        return found

    def figures(self) -> dict[str, str]:
        """Return the figures of this element by their names."""
        return {
            found.attributes["data-field"]: found.text
            for found in self.all()
            if "data-field" in found.attributes
        }

    def won(self, name: str) -> int:
        """Return one of its figures."""
        return int(self.figures()[name].replace(",", ""))

    def texts(self) -> Iterator[str]:
        for part in self.parts:
            if isinstance(part, str):
                yield part
            elif part.name != "style":
                yield from part.texts()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("", {})
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), f"<{tag}> has an attribute twice"
        assert tag in ALLOWED, f"<{tag}> may not be in a page"
        wanted = INSIDE.get(tag)
        assert wanted is None or self.open[-1].name in wanted, f"<{tag}> in {self.open[-1].name}"
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].parts.append(element)
        if tag not in EMPTY:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].name == tag, f"</{tag}> closes <{self.open[-1].name}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].parts.append(data)


def read(text: str) -> Element:
    """Return a page, proven to be well nested and to need nothing from anywhere."""
    assert text.startswith("<!DOCTYPE html>\n")
    assert not re.search(r"(?i)https?:|//[a-z]|url\(|@import|javascript:|expression\(", text)
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == [reader.root], "something is not closed"
    for element in reader.root.all():
        for name, value in element.attributes.items():
            assert not name.startswith("on"), f"{name} on <{element.name}>"
            assert name not in {"src", "href", "srcdoc", "action", "xlink:href"}, name
            assert name != "style" or re.fullmatch(r"(top|left):-?[\d.]+%", value), value
    policy = reader.root.one(http_equiv="Content-Security-Policy")
    assert policy.attributes["content"].startswith("default-src 'none'")
    return reader.root


def page_of(run: Run, *words: str, code: int = 0) -> Element:
    ran = run("report", "--out", "-", *words)
    assert ran.code == code, ran.err
    return read(ran.out)


def still(serve: Serve, **options: Any) -> Served:
    """Serve accounts after the day's trading: their prices stand."""
    return serve(clock=f"{DAYS[0]}{EVENING}", **options)
