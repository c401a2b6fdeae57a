"""Read ``[risk]`` and ``[profiles.NAME.risk]`` into limits.

Keys are the codes of the checks in lower case. A profile may only be stricter than what
holds for all profiles; whatever is looser is refused with its key and line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from kiwoomctl.config.schema import Table
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.errors import Phrase
from kiwoomctl.risk.limits import Limits, is_looser, tightened
from kiwoomctl.risk.verdicts import Tier

OFF: Final = "off"
# Checks that are on or stricter; what a check says by itself comes first.
SWITCHES: Final[Mapping[str, tuple[str, ...]]] = {
    "environment": ("refuse",),
    "tick": ("refuse", "hold"),
    "limit": ("refuse", "hold"),
    "cash": ("hold", "refuse"),
    "sellable": ("hold", "refuse"),
    "no_price": ("hold", "refuse"),
    "market": ("hold", OFF),
    "cross": ("hold", "refuse"),
    "hours": ("warn", "hold", "refuse"),
}
# Key -> the whole numbers below it.
COUNTS: Final[Mapping[str, tuple[str, ...]]] = {
    "value": ("warn", "hold"),
    "daily": ("account", "all"),
    "count": ("minute", "day"),
}
MOST_PERCENT: Final = 100
MOST_SECONDS: Final = 86_400


@dataclass(frozen=True, slots=True)
class _Given:
    """One value of the file and where it stands."""

    table: Table
    key: str
    field: str
    value: Any


class _Section(Table):
    """A table whose values are limits."""

    def table(self, key: str, *, required: bool = False) -> _Section:
        """Return the table below a key; an absent one is empty."""
        super().table(key, required=required)  # refuses what is no table
        return _Section(self._data.get(key) or {}, self._text, self._path, (*self._header, key))

    def whole(self, key: str, least: int = 0, most: int | None = None) -> int | None:
        """Return a whole number; None where the key is absent."""
        value = self._get(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            self._wrong_type(key, "a whole number, without quotes")
        return int(self._within(key, value, least, most))

    def percent(self, key: str) -> Decimal | None:
        """Return a percentage; None where the key is absent."""
        value = self._get(key)
        if value is None:
            return None
        if not isinstance(value, int | Decimal) or isinstance(value, bool):
            self._wrong_type(key, "a number of percent, without quotes")
        return Decimal(self._within(key, value, 0, MOST_PERCENT))

    def codes(self, key: str) -> frozenset[Symbol] | None:
        """Return a list of symbols; None where the key is absent."""
        texts = self.strings(key)
        if texts is None:
            return None
        for text in texts:
            if not Symbol.is_valid(text):
                self.refuse(
                    key,
                    "{key} names {symbol!r}, which is not a code of six characters 0-9, A-Z",
                    symbol=text,
                )
        return frozenset(Symbol(text) for text in texts)

    def whole_or_off(self, key: str) -> int | None:
        """Return a whole number; None for "off"."""
        value = self._get(key)
        if isinstance(value, str) and value != OFF:
            self._wrong_type(key, 'a whole number or "off"')
        return None if value == OFF else self.whole(key)

    def _within(
        self, key: str, value: int | Decimal, least: int, most: int | None
    ) -> int | Decimal:
        # Not a number (nan) is neither, and may not even be compared.
        if isinstance(value, Decimal) and not value.is_finite():
            self._wrong_type(key, "a number of percent, without quotes")
        if value < least:
            self.refuse(key, "{key} = {value} is less than {least}", value=value, least=least)
        if most is not None and value > most:
            self.refuse(key, "{key} = {value} is more than {most}", value=value, most=most)
        return value


def read(data: dict[str, Any], text: str, path: str) -> tuple[Limits, dict[str, Limits]]:
    """Return the common limits, and those of each profile by its name.

    Raises:
        ConfigError: a key or value that does not exist, or a profile that is looser.
    """
    root = _Section(data, text, path)
    common = _common(root.table("risk"))
    profiles = root.table("profiles")
    return common, {
        name: _own(profiles.table(name).table("risk"), common) for name in profiles.names()
    }


def _common(table: _Section) -> Limits:
    return replace(Limits(), **{given.field: given.value for given in _given(table)})


def _own(table: _Section, common: Limits) -> Limits:
    found = _given(table)
    for given in found:
        # A deny list adds to the common one and so is never looser.
        if given.field != "symbols_deny" and is_looser(common, given.field, given.value):
            given.table.refuse(
                given.key,
                "{key} = {value} is looser than {common}, which holds for all profiles",
                "a profile may only be stricter: change it here, or in [risk] for all",
                value=_shown(given.value),
                common=_shown(getattr(common, given.field)),
            )
    return tightened(common, {given.field: given.value for given in found})


def _given(table: _Section) -> list[_Given]:
    """Return what the table says, and refuse what it may not say."""
    found = [*_switches(table), *_counts(table), *_collar(table), *_symbols(table)]
    if table.has("quantity"):
        found.append(_Given(table, "quantity", "quantity", table.whole_or_off("quantity")))
    duplicate = table.whole("duplicate", 1, MOST_SECONDS)
    if duplicate is not None:
        found.append(_Given(table, "duplicate", "duplicate", duplicate))
    if table.has("halt"):
        table.refuse(
            "halt", "the kill switch is not a key of this file", "see: kiwoomctl help risk"
        )
    table.refuse_unknown()
    return found


def _switches(table: _Section) -> list[_Given]:
    found = []
    for key, choices in SWITCHES.items():
        word = table.choice(key, choices)
        # ENVIRONMENT has one value: it may be written down, never changed.
        if word is not None and key != "environment":
            tier = None if word == OFF else Tier[word.upper()]
            found.append(_Given(table, key, key, tier))
    return found


def _counts(table: _Section) -> list[_Given]:
    found = []
    for key, names in COUNTS.items():
        below = table.table(key)
        for name in names:
            number = below.whole(name)
            if number is not None:
                found.append(_Given(below, name, f"{key}_{name}", number))
        below.refuse_unknown()
        if key == "value":
            _refuse_disorder(below, below.whole("warn"), below.whole("hold"))
    return found


def _collar(table: _Section) -> list[_Given]:
    below = table.table("collar")
    warn, hold = below.percent("warn"), below.percent("hold")
    below.refuse_unknown()
    _refuse_disorder(below, warn, hold)
    both = (("warn", warn), ("hold", hold))
    return [_Given(below, key, f"collar_{key}", value) for key, value in both if value is not None]


def _refuse_disorder(
    table: _Section, warn: int | Decimal | None, hold: int | Decimal | None
) -> None:
    if warn is not None and hold is not None and warn > hold:
        table.refuse("warn", "warn = {warn} is above hold = {hold}", warn=warn, hold=hold)


def _symbols(table: _Section) -> list[_Given]:
    below = table.table("symbols")
    both = (("allow", below.codes("allow")), ("deny", below.codes("deny")))
    below.refuse_unknown()
    return [_Given(below, key, f"symbols_{key}", codes) for key, codes in both if codes is not None]


def _shown(value: Any) -> Any:
    """Return a limit as the file would write it."""
    if value is None:
        return OFF
    if isinstance(value, Tier):
        return value.word
    if isinstance(value, frozenset):
        return ", ".join(sorted(value)) or Phrase("every symbol")
    return value
