"""The help topics: a Markdown text each, in English and, where written, in Korean."""

from __future__ import annotations

from importlib.resources import files

ORDER = (
    "options",
    "exit-codes",
    "environment",
    "output",
    "completion",
    "orders",
    "reliability",
    "risk",
    "security",
    "cron",
    "simulator",
    "brokers",
    "glossary",
)


def names() -> tuple[str, ...]:
    """Return the topics in the order of the list."""
    return ORDER


def text(topic: str, language: str) -> str | None:
    """Return a topic's text, English where there is none in the language; None if unknown."""
    if topic not in ORDER:
        return None
    folder = files(__package__)
    for name in (f"{topic}.{language}.md", f"{topic}.md"):
        source = folder / name
        if source.is_file():
            return source.read_text("utf-8")
    return None


def index(language: str) -> str:
    """Return the list of topics, each with its heading."""
    headings = ((name, text(name, language) or "") for name in ORDER)
    return "".join(
        f"{name:<12} {body.splitlines()[0].lstrip('# ')}\n" for name, body in headings if body
    )
