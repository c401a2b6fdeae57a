"""Where a served simulator keeps its live sessions: its control plane says so.

profiles.toml has only the address of the requests, and the port of the live sessions is
another one. Both are on this machine, whatever the answer says.
"""

from __future__ import annotations

import json
from typing import Final
from urllib.parse import urlsplit

from kiwoomctl.brokers.transport import Transport
from kiwoomctl.errors import Unavailable

CONTROL_PATH: Final = "/_sim/sockets"
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


def socket_url(url: str, timeout: float) -> str:
    """Return the ``ws://`` address of a simulator's live sessions.

    Args:
        url: the simulator's address from profiles.toml.
        timeout: seconds for its answer.

    Raises:
        Unavailable: it does not answer, or serves none.
    """
    transport = Transport(url, timeout=timeout)
    try:
        answer = transport.get(CONTROL_PATH)
    finally:
        transport.close()
    try:
        told = json.loads(answer)["ws_url"]
        parts = urlsplit(told)
        if parts.scheme == "ws" and parts.hostname in _LOOPBACK and parts.port is not None:
            return str(told)
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise Unavailable(
        "the simulator at {host} serves no live events",
        hint="start it anew with this version: kiwoomctl sim serve",
        code="no_socket",
        host=url,
    )
