"""Kiwoom's API catalogue as package data: read only as far as it is asked for.

``index.tsv`` has a line per API: id, name, English name, category, group, transport,
path. ``fields.jsonl`` has a line per API: id, request, reply; each field is an array
in the order of ``Field``, its end left out where it says nothing. ``codes.tsv`` has
the documented error codes. Searches look at the text before any of it is parsed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

from kiwoomctl.domain.apis import Api, ApiTitle, Field, Found

_FOLDER = os.path.dirname(__file__)  # noqa: PTH120 - pathlib is slow to import
NO_VALUES: Mapping[str, str] = {}


def _text(name: str) -> str:
    with open(f"{_FOLDER}/{name}", encoding="utf-8") as file:  # noqa: PTH123 - as above
        return file.read()


class KiwoomCatalogue:
    """The documented APIs."""

    @cached_property
    def _lines(self) -> list[str]:
        return _text("index.tsv").splitlines()

    @cached_property
    def _fields(self) -> str:
        return _text("fields.jsonl")

    @cached_property
    def _titles(self) -> tuple[ApiTitle, ...]:
        return tuple(map(_title, self._lines))

    def titles(self) -> Sequence[ApiTitle]:
        """Return every API, in the order of the ids."""
        return self._titles

    def api(self, api_id: str) -> Api | None:
        """Return an API with its fields; None for an id there is not."""
        line = next((line for line in self._lines if line.partition("\t")[0] == api_id), None)
        if line is None:
            return None
        start = self._fields.index(f'["{api_id}",[')
        _id, request, response = json.loads(self._fields[start : self._fields.index("\n", start)])
        return Api(_title(line), _parsed(request), _parsed(response))

    def search(self, words: Sequence[str]) -> list[Found]:
        """Return the APIs that have all words: in their names and groups, or in their fields.

        Those with all words in their own names come first.
        """
        wanted = [word.lower() for word in words]
        named: list[Found] = []
        others: list[Found] = []
        for title, line, fields in zip(
            self._titles, self._lines, self._fields.splitlines(), strict=True
        ):
            known = f"{line}\t{title.group}\t{title.market}".lower()
            left = [word for word in wanted if word not in known]
            if not left:
                named.append(Found(title, ()))
            elif all(word in fields.lower() for word in left):
                found = _matching(fields, left)
                if found:
                    others.append(Found(title, found))
        return named + others

    def codes(self) -> dict[str, str]:
        """Return the documented error codes and their texts."""
        lines = _text("codes.tsv").splitlines()
        return dict(line.split("\t", 1) for line in lines)


@lru_cache(maxsize=1)
def rest_paths() -> dict[str, str]:
    """Return the path of every API of the REST service."""
    columns = (line.split("\t") for line in _text("index.tsv").splitlines())
    return {part[0]: part[6] for part in columns if part[5] == "rest"}


def _title(line: str) -> ApiTitle:
    api_id, name, english, category, group, transport, path = line.split("\t")
    return ApiTitle(api_id, name, english, category, group, transport, path)  # type: ignore[arg-type]  # one of its two words


def _parsed(fields: list[list[Any]]) -> tuple[Field, ...]:
    return tuple(
        Field(
            name,
            label,
            bool(rest[0]) if rest else False,
            rest[1] if len(rest) > 1 else "",
            rest[2] if len(rest) > 2 else "",  # noqa: PLR2004 - places of an array
            rest[3] if len(rest) > 3 else 0,  # noqa: PLR2004 - as above
            bool(rest[4]) if len(rest) > 4 else False,  # noqa: PLR2004 - as above
            rest[5] if len(rest) > 5 else NO_VALUES,  # noqa: PLR2004 - as above
        )
        for name, label, *rest in fields
    )


def _matching(line: str, words: Sequence[str]) -> tuple[str, ...]:
    """Return the fields whose name or label has one of the words; none if a word is in none."""
    _id, request, response = json.loads(line)
    found: dict[str, None] = {}
    for word in words:
        hits = [
            name
            for name, label, *_rest in (*request, *response)
            if word in name.lower() or word in label.lower()
        ]
        if not hits:
            return ()
        found.update(dict.fromkeys(hits))
    return tuple(found)
