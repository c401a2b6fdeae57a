"""An account whose parts are tried one by one, for ``doctor``: nothing is written by that.

The one request it sends is a read that may be refused, for the server's clock. It takes its
place in the rate file like any other; where there is no rate file yet, nothing is sent.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from kiwoomctl.config import secrets
from kiwoomctl.connection.account import ConnectedAccount
from kiwoomctl.domain.identity import mask_account
from kiwoomctl.errors import SignInError
from kiwoomctl.services.diagnosis.findings import NumberState, RateState, TokenState

if TYPE_CHECKING:
    from kiwoomctl.brokers.pacing import Kind

_KINDS: tuple[Kind, ...] = ("query", "order")


class InspectedAccount(ConnectedAccount):
    """One chosen profile that is only looked at."""

    def __init__(self, *given: Any, **named: Any) -> None:
        """Bind a profile; takes what ConnectedAccount takes."""
        super().__init__(*given, **named)
        self._reach.makes_rate_files = False

    @property
    def is_embedded(self) -> bool:
        """Whether its broker is the simulator in this process: looking would change that."""
        return self._reach.is_embedded

    @property
    def source(self) -> str:
        """Where the key comes from, as profiles.toml has it."""
        return self.profile.secret.kind

    @property
    def hears_orders(self) -> bool:
        """Whether what its house wants for notices of orders is written down."""
        wants = self._house.enrolment(self.environment).asks_hts_id
        return self.profile.hts_id is not None or not wants

    def secret_place(self) -> str:
        """Return the source with what stands behind it, for people: never what it holds."""
        return secrets.place(self.profile)

    def probe_secret(self) -> None:
        """Fetch the key once more from its source; raises SignInError."""
        self.key.reload()

    def number_state(self) -> tuple[NumberState, str | None]:
        """Return how far the account's number is proven, and the number, masked.

        Raises:
            StateError: what was proven cannot be read.
        """
        written, pin = self.profile.account, self.key.pin()
        state: NumberState = "unsure"
        if pin is None or pin.account is None:
            state = "open"
        elif written not in (None, pin.account):
            state = "differs"
        else:
            with contextlib.suppress(SignInError):
                state = "proven" if pin.key_id == self.key.id else "other_key"
        number = written if pin is None or pin.account is None else pin.account
        return state, mask_account(number)

    def token_state(self) -> TokenState:
        """Return how the cached token stands, without network; raises StateError."""
        pin = self.key.pin()
        try:
            known = self.key.id
        except SignInError:
            # Whatever the source gives: this key's token is the one that would be used.
            known = "" if pin is None else pin.key_id
        return TokenState(*self._reach.tokens(known).look()) if known else TokenState("none")

    def rates(self) -> list[RateState]:
        """Return what is remembered of the key's limits, by kind of request; empty without.

        Orders have one of their own only where any were sent.

        Raises:
            StateError: what is remembered cannot be read.
        """
        found = []
        kinds = _KINDS[:1] if self._house.one_pace else _KINDS
        try:
            pacers = [self._reach.pacer(kind) for kind in kinds]
        except SignInError:
            return []
        for kind, pacer in zip(kinds, pacers, strict=True):
            known = None if pacer is None else pacer.state()
            if known is not None and (known["used"] or kind == "query"):
                found.append(
                    RateState(
                        kind="order" if kind == "order" else "query",
                        total=known["total"],
                        reduced=known["limits"],
                        last_refusal=known["last_refusal"],
                        reserved=known["reserved"],
                        damaged=known["damaged"],
                    )
                )
        return found

    def clock_offset(self) -> float | None:
        """Return how many seconds the server's clock is ahead; raises Unavailable."""
        broker = self._connect()
        try:
            return broker.clock_offset()
        finally:
            broker.close()
