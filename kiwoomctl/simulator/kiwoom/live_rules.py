"""What a live session must keep to, and what of it a test may change.

The real server's interval of heartbeats, its limit of items in a session, the reach of a
refreshing registration and most of its codes are not known: all of them can be set.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(slots=True)
class LiveRules:
    """The rules of one server's live sessions."""

    ping_seconds: float = 30.0
    """Between two heartbeats; 0 for none."""
    missed_pings: int = 5
    """So many heartbeats without an echo end a session."""
    ping_before_login: bool = False
    """Whether a heartbeat comes before the answer to a login."""
    login_seconds: float = 10.0
    """How long a session may stay without a login."""
    newest_wins: bool = True
    """Whether a login ends the older session of the same key."""
    closes_after_refusal: bool = True
    """Whether a refused login ends the session."""
    items_per_group: int = 100
    items_per_session: int = 0
    """0 for no limit."""
    refresh_clears_session: bool = True
    """Whether ``refresh`` 0 forgets every group, or its own only."""
    control_gap_seconds: float = 0.0
    """Registrations that follow quicker are refused with 105110; 0 for none."""
    refusal_code: int = 105111
    """What is answered where the real server's code is not known."""
    live_conditions: int = 10
    """Conditions that a session may watch at once."""
    condition_page: int = 100
    """Hits in one reply."""
    signed_fills: bool = False
    """Whether prices of fills carry a sign."""
    elements_per_frame: int = 20
    """How many events of one moment a frame may carry."""

    def change(self, data: Mapping[str, Any]) -> None:
        """Set what is named.

        Raises:
            ValueError: there is no such rule, or it takes other values.
        """
        kinds = {field.name: type(getattr(self, field.name)) for field in fields(self)}
        for name, value in data.items():
            kind = kinds.get(name)
            if kind is None:
                raise ValueError(f"unknown rule {name!r}; known: {', '.join(sorted(kinds))}")
            fits = type(value) is kind or (kind is float and type(value) is int)
            if not fits or (kind is not bool and value < 0):
                raise ValueError(f"{name} takes no {value!r}")
        for name, value in data.items():
            setattr(self, name, kinds[name](value))
