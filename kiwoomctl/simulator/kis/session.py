"""One live session of KIS's wire without a socket: what it is registered for.

A session belongs to the key whose approval its first registration brings. A registration is a TR
and a key: a code for trades, a login id for order notices. Key and iv of the notices are drawn
for each session, so those of a session before decrypt nothing.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kiwoomctl.simulator.line import Line

_KEY_BYTES, _IV_BYTES = 16, 8
Registration = tuple[str, str]
"""TR and its key."""


def _drawn(count: int) -> str:
    return secrets.token_hex(count)


@dataclass(eq=False, kw_only=True)
class KisSession(Line):
    """One connection's state."""

    registrations: dict[Registration, None] = field(default_factory=dict)
    key: str = field(default_factory=lambda: _drawn(_KEY_BYTES))
    """32 characters."""
    iv: str = field(default_factory=lambda: _drawn(_IV_BYTES))
    """16 characters."""
    approval: str = ""
    """The key that opened it; it stays good for this session."""

    def say(
        self,
        registration: Registration,
        msg_cd: str,
        msg1: str,
        *,
        rt_cd: str = "0",
        output: Mapping[str, str] | None = None,
    ) -> None:
        """Answer a request."""
        body: dict[str, Any] = {"rt_cd": rt_cd, "msg_cd": msg_cd, "msg1": msg1}
        if output is not None:
            body["output"] = output
        tr_id, tr_key = registration
        header = {"tr_id": tr_id, "tr_key": tr_key, "encrypt": "N"}
        self.send_text(json.dumps({"header": header, "body": body}, ensure_ascii=False))
