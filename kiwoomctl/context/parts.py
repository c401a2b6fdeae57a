"""What one command is made of: its options, files, clock, output and accounts, each when needed."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kiwoomctl import worlds
from kiwoomctl.config import paths
from kiwoomctl.domain.clock import Clock, SystemClock
from kiwoomctl.errors import KiwoomctlError, UsageError

if TYPE_CHECKING:
    from kiwoomctl.config.profiles import Config, Profile
    from kiwoomctl.connection import ConnectedAccount
    from kiwoomctl.history import History
    from kiwoomctl.ledger import Ledger
    from kiwoomctl.render.out import Output
    from kiwoomctl.simulator.embedded import Embedded

DEMO_VARIABLE = "KIWOOMCTL_DEMO"


class Options(NamedTuple):
    """What every command takes."""

    profiles: tuple[str, ...] = ()
    output: str = "table"
    fields: tuple[str, ...] | None = None
    demo: bool = False
    no_color: bool = False
    quiet: bool = False
    verbose: bool = False
    timeout: float = 10.0
    """Seconds to wait for one reply of a read."""


class Parts:
    """The parts of one command."""

    def __init__(
        self,
        options: Options,
        environ: Mapping[str, str],
        command: str,
        clock: Clock | None = None,
    ) -> None:
        self.options = options
        self.command = command
        self.environ = environ
        self.clock = clock or SystemClock()
        self.exit_code = 0
        self._only_looks = False
        self._simulators: dict[Path, Embedded] = {}
        self._ledgers: dict[Path, Ledger | KiwoomctlError] = {}
        self._histories: dict[Path, History] = {}
        self._opening = threading.Lock()
        self._connected: dict[str, ConnectedAccount] = {}
        self.reported: set[str] = set()
        """Attempts with an open outcome that the command itself has told of."""

    @property
    def demo(self) -> bool:
        """Whether the built-in accounts are used instead of profiles.toml.

        Raises:
            UsageError: the environment says neither yes nor no; to guess could cost money.
        """
        said = self.environ.get(DEMO_VARIABLE, "")
        if said not in {"", "0", "1"}:
            raise UsageError(
                "{variable} is {value!r}, neither 1 nor 0",
                hint="{variable}=1 stands for --demo; unset it for your own accounts",
                code="demo_variable",
                variable=DEMO_VARIABLE,
                value=said,
            )
        return self.options.demo or said == "1"

    @cached_property
    def config_path(self) -> str:
        """Where profiles.toml is."""
        return paths.config_file(self.environ)

    @property
    def config_origin(self) -> str:
        """Where the profiles come from, for people."""
        return "--demo" if self.demo else self.config_path

    @property
    def state_path(self) -> Path:
        """Where the state folder is, or will be."""
        return paths.state_folder(self.environ)

    @cached_property
    def state(self) -> Path:
        """The state folder, made on first use; raises StateError."""
        from kiwoomctl import files

        if not self._only_looks:
            files.ensure_folder(self.state_path)
        return self.state_path

    def only_look(self) -> None:
        """Write nothing from now on: no folder is made, no ledger is brought up to date."""
        self._only_looks = True

    @cached_property
    def config(self) -> Config:
        """The profiles; raises ConfigError."""
        if self.demo:
            return worlds.demo_config()
        from kiwoomctl.config import profiles

        return profiles.load(self.config_path)

    @cached_property
    def output(self) -> Output:
        """Where everything is written."""
        from kiwoomctl.render.out import Look, Output

        return Output(
            Look(
                format=self.options.output,  # type: ignore[arg-type]  # checked when parsed
                fields=self.options.fields,
                no_color=self.options.no_color,
                quiet=self.options.quiet,
                verbose=self.options.verbose,
            ),
            self.environ,
        )

    def now(self) -> datetime:
        """Return the wall time, KST."""
        return self.clock.now()

    def connect(self, profile: Profile) -> ConnectedAccount:
        """Return the account of a profile, connected once."""
        from kiwoomctl.connection import ConnectedAccount

        made = ConnectedAccount
        if self._only_looks:
            from kiwoomctl.connection.inspected import InspectedAccount

            made = InspectedAccount
        known = self._connected.get(profile.name)
        if known is not None and known.profile is profile:
            return known
        account = made(
            profile,
            state=worlds.world_of(self.state, profile, demo=self.demo),
            environ=self.environ,
            clock=self.clock,
            timeout=self.options.timeout,
            observer=self.output,
            simulator=self._simulator,
            ledger=self.ledger,
            history=self.history,
        )
        self._connected[account.name] = account
        return account

    def demo_folder(self) -> Path:
        """Return where the demo keeps its state."""
        return worlds.demo_world(self.state)

    def ledger(self, world: Path) -> Ledger:
        """Return the ledger of a world, opened once; raises StateError, Busy."""
        from kiwoomctl.ledger import Ledger

        if world not in self._ledgers:
            try:
                how = Ledger.look if self._only_looks else Ledger.open
                self._ledgers[world] = how(world, self.clock)
            except KiwoomctlError as error:
                # Another try could wait for a lock again, once for every account.
                self._ledgers[world] = error
        found = self._ledgers[world]
        if isinstance(found, KiwoomctlError):
            raise found
        return found

    def history(self, world: Path) -> History:
        """Return the history of a world, opened once; raises StateError, Busy."""
        from kiwoomctl.history import History
        from kiwoomctl.history.migrations import form
        from kiwoomctl.ledger.place import refuse_network

        if world not in self._histories:
            if not self._only_looks:
                refuse_network(world, form().name)
            how = History.look if self._only_looks else History.open
            self._histories[world] = how(world, self.clock)
        return self._histories[world]

    def simulator_folder(self, world: Path) -> Path:
        """Return where the embedded simulator of a world keeps its state."""
        return worlds.simulator_folder(world)

    def _simulator(self, world: Path) -> Embedded:
        from kiwoomctl.simulator.demo import DEMO_KIS
        from kiwoomctl.simulator.embedded import open_embedded

        with self._opening:
            if world not in self._simulators:
                self._simulators[world] = open_embedded(
                    self.simulator_folder(world), kis=DEMO_KIS if self.demo else frozenset()
                )
            return self._simulators[world]
