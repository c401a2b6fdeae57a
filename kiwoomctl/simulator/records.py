"""What the gateways of one server have seen, and what tests have changed of their answers."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

_RECORDED_REQUESTS = 100_000


class RecordedRequest(NamedTuple):
    """One request as the control plane shows it."""

    t: float
    """The machine's time of arrival, seconds since 1970."""
    api_id: str
    """The TR; of a token the last word of its path."""
    appkey: str | None
    status: int
    """The HTTP status sent; 0 for no reply."""


class Records:
    """One server's; every gateway of it has the same."""

    def __init__(self) -> None:
        self.requests: deque[RecordedRequest] = deque(maxlen=_RECORDED_REQUESTS)
        self.page_sizes: dict[str, int] = {}
        """Rows on a page, where a test has changed them."""
        self.chosen_texts: dict[str, str] = {}
        """Refusals of orders, ``code:text`` by reason, that a test has changed."""

    def clear(self) -> None:
        """Forget everything."""
        self.requests.clear()
        self.page_sizes.clear()
        self.chosen_texts.clear()
