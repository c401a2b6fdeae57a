"""What a simulator says of itself: which server it stands for, where its live sessions are.

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
_ENVIRONMENTS: Final = frozenset({"real", "mock"})
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


def simulated_environment(transport: Transport) -> str:
    """Return which of the broker's servers a simulator stands for, real or mock.

    Raises:
        Unavailable: it does not answer, or does not say.
    """
    try:
        told = json.loads(transport.get(CONTROL_PATH))["environment"]
        if told in _ENVIRONMENTS:
            return str(told)
    except (ValueError, KeyError, TypeError):
        pass
    raise Unavailable(
        "the simulator at {host} does not say which server it stands for",
        hint="start it anew with this version: kiwoomctl sim serve",
        code="no_environment",
        host=transport.base_url,
    )


def socket_url(url: str, broker: str, timeout: float) -> str:
    """Return the ``ws://`` address of a simulator's live sessions.

    Args:
        url: the simulator's address from profiles.toml.
        broker: whose wire is to be spoken there.
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
        found = json.loads(answer)
        told = found.get("ws_urls", {}).get(broker) or found["ws_url"]
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
