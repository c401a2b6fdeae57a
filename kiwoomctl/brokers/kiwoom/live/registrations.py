"""What a live session is asked for: groups of items, and the frames that ask for them.

A group has one set of kinds and at most a hundred items; registering adds to what is there
(refresh 1). A new session is asked for everything with the same groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from kiwoomctl.errors import UsageError

MOST_ITEMS: Final = 100
"""Items of one group."""
MOST_GROUPS: Final = 9_999
"""Their numbers have four digits at most."""

Frame = Mapping[str, Any]


class Group:
    """Items of the same kinds under one number."""

    def __init__(self, number: int, types: tuple[str, ...]) -> None:
        self.number = number
        self.types = types
        self.items: list[str] = []

    def frame(self, items: Sequence[str], *, remove: bool = False) -> Frame:
        """Return the frame that adds or removes some of its items."""
        asked = {
            "trnm": "REMOVE" if remove else "REG",
            "grp_no": str(self.number),
            "refresh": "1",
            "data": [{"item": list(items), "type": list(self.types)}],
        }
        if remove:
            del asked["refresh"]
        return asked


class Registrations:
    """Everything a session is asked for."""

    def __init__(self) -> None:
        self._groups: list[Group] = []

    def items(self, types: Sequence[str]) -> list[str]:
        """Return the items asked for with exactly these kinds."""
        return [i for g in self._groups if g.types == tuple(types) for i in g.items]

    def add(self, types: Sequence[str], items: Iterable[str]) -> list[Frame]:
        """Take note of these items and return the frames that ask for what is new.

        Raises:
            UsageError: more than one session can have; nothing was taken note of.
        """
        known = set(self.items(types))
        new = [item for item in dict.fromkeys(items) if item not in known]
        same = [group for group in self._groups if group.types == tuple(types)]
        room = sum(MOST_ITEMS - len(group.items) for group in same)
        more = -(-max(0, len(new) - room) // MOST_ITEMS)
        if len(self._groups) + more > MOST_GROUPS:
            raise UsageError(
                "{count} codes are more than one connection can have",
                hint="name fewer",
                code="items",
                count=len(known) + len(new),
            )
        frames = []
        for group in same:
            part, new = new[: MOST_ITEMS - len(group.items)], new[MOST_ITEMS - len(group.items) :]
            if part:
                group.items += part
                frames.append(group.frame(part))
        while new:
            group = Group(self._free_number(), tuple(types))
            group.items, new = new[:MOST_ITEMS], new[MOST_ITEMS:]
            self._groups.append(group)
            frames.append(group.frame(group.items))
        return frames

    def remove(self, types: Sequence[str], items: Iterable[str]) -> list[Frame]:
        """Forget these items and return the frames that say so."""
        gone = set(items)
        frames = []
        for group in [group for group in self._groups if group.types == tuple(types)]:
            part = [item for item in group.items if item in gone]
            if part:
                group.items = [item for item in group.items if item not in gone]
                frames.append(group.frame(part, remove=True))
        self._groups = [group for group in self._groups if group.items]
        return frames

    def all(self) -> list[Frame]:
        """Return the frames that ask a new session for everything, the account's own first."""
        return [group.frame(group.items) for group in self._groups]

    def _free_number(self) -> int:
        taken = {group.number for group in self._groups}
        return next(number for number in range(1, MOST_GROUPS + 1) if number not in taken)
