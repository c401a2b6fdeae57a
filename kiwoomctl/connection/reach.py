"""How an account is reached: its house's address, token cache, pace, simulator and live line.

One object per profile; what it opens shares the profile's key, its world's folder and one clock.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from kiwoomctl.brokers.houses import Seat

if TYPE_CHECKING:
    from kiwoomctl.brokers.houses import Access, House
    from kiwoomctl.brokers.pacing import Caps, Kind, Pacer
    from kiwoomctl.brokers.port import Observer
    from kiwoomctl.brokers.socket import Line
    from kiwoomctl.brokers.token import TokenStore
    from kiwoomctl.brokers.transport import InProcess
    from kiwoomctl.config.keys import ProfileKey
    from kiwoomctl.config.profiles import Profile
    from kiwoomctl.domain.clock import Clock
    from kiwoomctl.domain.portfolio import Environment
    from kiwoomctl.locks import FileLock

IN_PROCESS_URL = "http://in-process.invalid"


class Reach:
    """The way from one profile to its broker."""

    def __init__(
        self,
        profile: Profile,
        house: House,
        *,
        state: Path,
        clock: Clock,
        timeout: float,
        observer: Observer,
        simulator: Callable[[Path], InProcess],
        key: Callable[[], ProfileKey],
    ) -> None:
        """Bind a profile to its world.

        Args:
            profile: what the user configured.
            house: who keeps the account.
            state: the folder of the account's world.
            clock: time and sleep.
            timeout: seconds for one reply of a read.
            observer: is told of calls and waits.
            simulator: opens the embedded simulator kept in a folder.
            key: gives the profile's key.
        """
        self._profile = profile
        self._house = house
        self._state = state
        self._clock = clock
        self._timeout = timeout
        self._observer = observer
        self._open_simulator = simulator
        self._key = key
        self.makes_rate_files = True
        """Whether a key's first request may make the file that keeps its pace."""

    @property
    def host(self) -> str:
        """The base URL of the account's broker."""
        profile = self._profile
        return self._house.hosts.get(profile.environment) or profile.url or IN_PROCESS_URL

    @property
    def is_embedded(self) -> bool:
        """Whether the account is in the simulator in this process."""
        return self._profile.environment == "sim" and not self._profile.url

    def open(self) -> Access:
        """Return the way into the account; nothing is asked yet."""

        def pair() -> tuple[str, str]:
            credentials = self._key().credentials()
            return credentials.appkey, credentials.secretkey

        profile = self._profile
        return self._house.open(
            Seat(
                profile=profile.name,
                environment=profile.environment,
                host=self.host,
                number=profile.account,
                hts_id=profile.hts_id,
                paced=profile.paced,
                timeout=self._timeout,
                state=self._state,
                tokens=lambda: self.tokens(self._key().id),
                credentials=pair,
                pacer=self.pacer,
                own_pacer=self._own_pacer,
                observer=self._observer,
                clock=self._clock,
                in_process=self._simulator(),
                line=self._line,
                live_lock=self._live_lock,
            )
        )

    def tokens(self, key_id: str) -> TokenStore:
        """Return the cache of the tokens of a key."""
        from kiwoomctl.brokers.token import TokenStore

        return TokenStore(self._state / "tokens", self.host, key_id, self._clock)

    def pacer(self, kind: Kind = "query", environment: Environment | None = None) -> Pacer | None:
        """Return what keeps the key's pace; None where nobody is to be spared.

        Raises:
            SignInError: the key cannot be had.
        """
        if not self._profile.paced:
            return None  # whose limits nobody need know
        caps = self._house.caps(environment or self._profile.environment)
        if self._profile.rate is not None:
            caps = caps.at_most(self._profile.rate)
        return self._own_pacer("query" if self._house.one_pace else kind, caps)

    def _own_pacer(self, kind: Kind, caps: Caps) -> Pacer | None:
        if not self._profile.paced:
            return None
        from kiwoomctl.brokers.pacing import Pacer

        name = self._profile.name
        pacer = Pacer(
            self._state / "rate",
            self._key().id,
            kind,
            caps,
            self._clock,
            on_wait=lambda api_id, seconds: self._observer.waiting(name, api_id, seconds),
        )
        pacer.makes_file = self.makes_rate_files
        return pacer

    def _simulator(self) -> InProcess | None:
        return self._open_simulator(self._state) if self.is_embedded else None

    def _live_lock(self) -> FileLock | None:
        from kiwoomctl import files
        from kiwoomctl.locks import FileLock

        if self.is_embedded:
            return None
        files.ensure_folder(self._state)
        return FileLock(self._state / f"live-{self._key().id}.lock")

    def _line(self, url: str | None) -> Line:
        simulator = self._simulator()
        if simulator is not None:
            from kiwoomctl.simulator.embedded_live import EmbeddedLive

            live = EmbeddedLive(simulator, self._profile.broker)  # type: ignore[arg-type]  # what opens it says so
            live.connect()
            return live
        from kiwoomctl.brokers.simulated_socket import socket_url
        from kiwoomctl.brokers.socket import SocketLine

        return SocketLine(
            url or socket_url(self.host, self._profile.broker, self._timeout), timeout=self._timeout
        )
