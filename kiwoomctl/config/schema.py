"""Typed access to one TOML table, with errors that name the key, its line and a near name."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NoReturn

from kiwoomctl.errors import ConfigError, Phrase, nearest


class Table:
    """One table of the file; every key that is asked for counts as known."""

    def __init__(
        self, data: dict[str, Any], text: str, path: str, header: tuple[str, ...] = ()
    ) -> None:
        self._data = data
        self._text = text
        self._path = path
        self._header = header
        self._known: set[str] = set()

    def names(self) -> list[str]:
        """Return the keys in the order of the file; all of them count as known."""
        self.accept_all()
        return list(self._data)

    def accept_all(self) -> None:
        """Take every key of this table as known."""
        self._known.update(self._data)

    def has(self, key: str) -> bool:
        """Tell whether the key is there."""
        return key in self._data

    def table(self, key: str, *, required: bool = False) -> Table:
        """Return the table below a key; an absent one is empty."""
        value = self._get(key, required=required)
        if value is not None and not isinstance(value, dict):
            self._wrong_type(key, "a table")
        return Table(value or {}, self._text, self._path, (*self._header, key))

    def string(self, key: str) -> str | None:
        """Return a text that is not blank; None where the key is absent."""
        value = self._get(key)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            self._wrong_type(key, "a text in quotes, not empty")
        return value

    def strings(self, key: str) -> tuple[str, ...] | None:
        """Return a list of texts; None where the key is absent."""
        value = self._get(key)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            self._wrong_type(key, "a list of texts in quotes")
        return tuple(value)

    def number(self, key: str) -> Decimal | None:
        """Return a number above 0, exactly as written; None where the key is absent."""
        value = self._get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | Decimal) or value <= 0:
            self._wrong_type(key, "a number above 0")
        return Decimal(value)

    def boolean(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self._get(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self._wrong_type(key, "true or false")
        return value

    def choice(self, key: str, choices: tuple[str, ...], *, required: bool = False) -> str | None:
        """Return one of the choices; None where the key is absent."""
        value: str | None = self._get(key, required=required)
        if value is not None and value not in choices:
            self.refuse(
                key, "{key} = {value!r} is not a choice", near=(str(value), choices), value=value
            )
        return value

    def refuse_unknown(self) -> None:
        """Refuse the first key nobody asked for."""
        for key in self._data:
            if key not in self._known:
                self.refuse(key, "unknown key {key!r}", near=(key, self._known))

    def refuse(
        self,
        key: str | None,
        message: str,
        hint: str = "",
        *,
        near: tuple[str, Iterable[str]] | None = None,
        **values: Any,
    ) -> NoReturn:
        """Raise the error of this key (None: of the table itself), with file and line.

        ``near`` is a wrong name and the names it could have been.
        """
        if near:
            hint, values["near"] = nearest(*near)
        raise ConfigError(
            "{path}, line {line}, {where}: {problem}",
            hint=hint,
            code="config_value",
            path=self._path,
            line=self._line(key),
            where=f"[{'.'.join(self._header)}]" if self._header else Phrase("top level"),
            problem=Phrase(message, key=key or "", **values),
            **values,
        )

    def _get(self, key: str, *, required: bool = False) -> Any:
        self._known.add(key)
        value = self._data.get(key)
        if value is None and required:
            self.refuse(key, "{key} is missing", "see: kiwoomctl help options")
        return value

    def _wrong_type(self, key: str, wanted: str) -> NoReturn:
        self.refuse(key, "{key} must be {wanted}", wanted=Phrase(wanted))

    def _line(self, key: str | None) -> int:
        """Find the line of the key; of its table where the key is absent or inside a value."""
        wanted = self._header if key is None else (*self._header, key)
        best, best_depth = 1, 0
        current: tuple[str, ...] = ()
        for number, raw in enumerate(self._text.splitlines(), 1):
            line = raw.strip()
            if line.startswith("["):
                current = _split_key(line.strip("[]").split("]")[0])
                here = current
            elif "=" in line and not line.startswith("#"):
                here = (*current, *_split_key(line.split("=", 1)[0]))
            else:
                continue
            depth = len(here)
            if here == wanted[:depth] and depth > best_depth:
                best, best_depth = number, depth
        return best


def _split_key(text: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in text.split("."))
