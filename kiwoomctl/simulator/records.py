"""What the gateways of one server have seen, and what tests have changed of their answers."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

_RECORDED_REQUESTS = 100_000


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """One request as the control plane shows it."""

    t: float
    """The machine's time of arrival, seconds since 1970."""
    api_id: str
    """The TR; of a token the last word of its path."""
    appkey: str | None
    status: int
    """The HTTP status sent; 0 for no reply."""


@dataclass(slots=True)
class Records:
    """One server's; every gateway of it has the same."""

    requests: deque[RecordedRequest] = field(
        default_factory=lambda: deque(maxlen=_RECORDED_REQUESTS)
    )
    page_sizes: dict[str, int] = field(default_factory=dict)
    """Rows on a page, where a test has changed them."""
    chosen_texts: dict[str, str] = field(default_factory=dict)
    """Refusals of orders, ``code:text`` by reason, that a test has changed."""

    def clear(self) -> None:
        """Forget everything."""
        self.requests.clear()
        self.page_sizes.clear()
        self.chosen_texts.clear()
