"""The composition root: what the parts of one command are made of, each made when needed."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from kiwoomctl import worlds
from kiwoomctl.config import paths
from kiwoomctl.domain.clock import Clock, SystemClock
from kiwoomctl.errors import KiwoomctlError, UsageError

if TYPE_CHECKING:
    import httpx

    from kiwoomctl.config.profiles import Config, Profile
    from kiwoomctl.connection import ConnectedAccount
    from kiwoomctl.domain.apis import Catalogue
    from kiwoomctl.domain.live import LiveCatalogue
    from kiwoomctl.errors import Busy, StateError
    from kiwoomctl.history import History
    from kiwoomctl.ledger import Ledger
    from kiwoomctl.render.event_lines import EventLook
    from kiwoomctl.render.out import Output
    from kiwoomctl.render.report import Column, Report
    from kiwoomctl.render.sparkline import SparklineLook
    from kiwoomctl.services.journal import Journal
    from kiwoomctl.services.live_portfolio import LivePortfolio
    from kiwoomctl.services.live_stream import Source
    from kiwoomctl.services.stream_words import Wanted

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


class Session:
    """One run of one command."""

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
        self._leaves_folders = False
        self._simulators: dict[Path, httpx.BaseTransport] = {}
        self._ledgers: dict[Path, Ledger | KiwoomctlError] = {}
        self._histories: dict[Path, History] = {}
        self._opening = threading.Lock()
        self._connected: dict[str, ConnectedAccount] = {}
        self.reported: set[str] = set()
        """Attempts with an open outcome that the command itself has told of."""

    @property
    def demo(self) -> bool:
        """Whether the built-in accounts are used instead of profiles.toml."""
        return self.options.demo or self.environ.get(DEMO_VARIABLE) == "1"

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

        if not self._leaves_folders:
            files.ensure_folder(self.state_path)
        return self.state_path

    def leave_folders_alone(self) -> None:
        """Make and tighten no state folder by merely looking."""
        self._leaves_folders = True

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

    def accounts(self) -> list[ConnectedAccount]:
        """Return the chosen accounts of a read, no account twice.

        Raises:
            UsageError: the choice is empty, unknown or disabled.
            ConfigError: profiles.toml cannot be used, or two profiles are one account.
        """
        from kiwoomctl.connection import refuse_doubles

        accounts = self._chosen()
        refuse_doubles(accounts)
        return accounts

    def _chosen(self) -> list[ConnectedAccount]:
        from kiwoomctl.config import selection

        chosen = selection.for_reading(self.config, self.options.profiles, self._selection_environ)
        return [self.connect(profile) for profile in chosen]

    def reading_account(self) -> ConnectedAccount:
        """Return the first chosen account of a read, for what is the same with every key.

        Raises:
            UsageError, ConfigError: as ``accounts``.
        """
        return self._chosen()[0]

    def journals(self) -> list[Journal]:
        """Return the ledgers to look at: those of the chosen accounts, no key asked for.

        Where nothing chooses accounts, all that these ledgers hold is looked at, and that of the
        real and mock accounts in any case: their profiles may be gone.

        Raises:
            UsageError, ConfigError: as ``accounts``.
            StateError, Busy: a ledger is there but cannot be used.
        """
        from kiwoomctl.config.selection import PROFILE_VARIABLE
        from kiwoomctl.services import journal

        chosen = self._chosen()
        narrowed = bool(self.options.profiles) or PROFILE_VARIABLE in self._selection_environ
        found = journal.journals(chosen, everything=not narrowed)
        shared = self.state_path
        seen = narrowed or self.demo or shared in {account.world for account in chosen}
        if not seen and worlds.has_ledger(shared):
            found.append(journal.Journal(self.ledger(shared), None))
        return found

    def switched_accounts(self) -> list[ConnectedAccount]:
        """Return the accounts of the kill switch: those of -p, else every enabled one.

        Raises:
            UsageError: -p names what is unknown or empty.
            ConfigError: nothing is enabled, or profiles.toml cannot be used.
        """
        from kiwoomctl.config import selection

        names = self.options.profiles or ("all",)
        return [self.connect(p) for p in selection.for_registry(self.config, names)]

    def trading_accounts(self, *, may_be_all: bool = False) -> list[ConnectedAccount]:
        """Return the accounts an order is for: those of -p, or the only enabled one.

        No default, no variable and (but for ``may_be_all``) no ``all`` selects them. Every
        enabled profile is looked at: an account under two names takes no order.

        Raises:
            UsageError: -p is missing, or names what cannot take this order.
            ConfigError: nothing is enabled, or two profiles are one account.
        """
        from kiwoomctl.config import selection

        chosen = selection.for_orders(self.config, self.options.profiles, may_be_all=may_be_all)
        everybody = {account.name: account for account in self.trading_everybody()}
        return [everybody[profile.name] for profile in chosen]

    def trading_everybody(self) -> list[ConnectedAccount]:
        """Return every enabled account; raises ConfigError where two profiles are one account."""
        from kiwoomctl.connection import refuse_doubles

        everybody = self.enabled_accounts()
        refuse_doubles(everybody)
        return everybody

    def account_of_orders(self, orders: Sequence[str]) -> ConnectedAccount:
        """Return the one account whose orders are named: that of -p, or that of our order ids.

        Raises:
            UsageError: several accounts are meant, or -p is missing.
            ConfigError: as ``trading_accounts``.
        """
        try:
            accounts = self.trading_accounts()
        except UsageError as error:
            if error.code != "profile_missing":
                raise
            from kiwoomctl.services.order_terms import owners

            everybody = self.trading_everybody()
            accounts = owners([a for a in everybody if a.has_ledger()], orders)
            if not accounts:
                raise
        if len(accounts) != 1:
            raise UsageError(
                "an order is of one account: -p names {count}",
                hint="name the profile whose order it is",
                code="profile_many",
                count=len(accounts),
            )
        return accounts[0]

    def looked_up_accounts(self, named: str | None) -> list[ConnectedAccount]:
        """Return the accounts whose open orders are looked up: for one that is named, all.

        Raises:
            UsageError, ConfigError: as ``accounts``.
        """
        everywhere = named is not None and not self.options.profiles
        accounts = self.trading_everybody() if everywhere else self.accounts()
        return [account for account in accounts if account.has_ledger()]

    def enabled_accounts(self) -> list[ConnectedAccount]:
        """Return every enabled account of the config."""
        return [self.connect(p) for p in self.config.profiles.values() if p.enabled]

    def registered(self) -> list[ConnectedAccount]:
        """Return the accounts of the registry: those of -p, else every profile there is."""
        from kiwoomctl.config import selection

        profiles: Sequence[Profile] = tuple(self.config.profiles.values())
        if self.options.profiles:
            profiles = selection.for_registry(self.config, self.options.profiles)
        return [self.connect(profile) for profile in profiles]

    def account_named(self, name: str | None) -> ConnectedAccount:
        """Return the one account a command is about: NAME, or -p, or the only enabled one.

        No default and no variable chooses it: keys are stored and deleted by this.

        Raises:
            UsageError: none or several are meant.
        """
        from kiwoomctl.config import selection

        return self.connect(selection.the_one(self.config, name, self.options.profiles))

    def account_to_sign_in(self, name: str | None, environment: str | None) -> ConnectedAccount:
        """Return the account ``login`` is about; with an environment, that of a new profile.

        Raises:
            UsageError: the profile is unknown, or there already.
        """
        if environment is None:
            return self.account_named(name)
        from kiwoomctl.config.profiles import Profile, SecretSource
        from kiwoomctl.domain.identity import ProfileName

        if self.demo:
            raise UsageError(
                "--demo has its own accounts: none can be added",
                hint="leave out --demo",
                code="demo",
            )
        if name is None:
            raise UsageError(
                "--environment adds a new profile: its name is missing",
                hint="kiwoomctl login NAME --environment {environment}",
                code="profile_missing",
                environment=environment,
            )
        parsed = ProfileName.parse(name)
        if Path(self.config_path).exists() and name in self.config.profiles:
            raise UsageError(
                "profile {name!r} is there already",
                hint="kiwoomctl login {name}",
                code="profile_exists",
                name=name,
            )
        return self.connect(
            Profile(
                name=parsed,
                broker="kiwoom",
                environment=environment,  # type: ignore[arg-type]  # checked by the command
                secret=SecretSource("keyring"),
            )
        )

    def write_first_config(self) -> None:
        """Write a commented profiles.toml; raises ConfigError where one is."""
        from kiwoomctl.config import writing

        writing.write_first(self.config_path)

    def check_new_profile(self, profile: Profile) -> None:
        """Raise ConfigError where a new profile could not be added in the end."""
        from kiwoomctl.config import writing

        writing.check_append(self.config_path, profile)

    def add_profile(self, profile: Profile) -> None:
        """Append a profile that profiles.toml does not have yet."""
        from kiwoomctl.config import writing

        if self.demo or (Path(self.config_path).exists() and profile.name in self.config.profiles):
            return
        writing.append_profile(self.config_path, profile)

    def check_fields(self, columns: Sequence[Column]) -> None:
        """Refuse an unknown --fields name before anything is asked of a broker."""
        if self.options.fields is not None:
            from kiwoomctl.render.report import check_fields

            check_fields(columns, self.options.fields)

    def connect(self, profile: Profile) -> ConnectedAccount:
        """Return the account of a profile, connected once."""
        from kiwoomctl.connection import ConnectedAccount

        known = self._connected.get(profile.name)
        if known is not None and known.profile is profile:
            return known
        account = ConnectedAccount(
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

    def environments(self) -> tuple[str, ...]:
        """Return the environments of the accounts this run connected."""
        return tuple(dict.fromkeys(account.environment for account in self._connected.values()))

    def tell_unsettled(self, raised: KiwoomctlError | None = None) -> None:
        """Name on stderr the orders with an open outcome, of the accounts this run connected.

        Args:
            raised: what ended the command; a ledger that did is not told of twice.
        """
        connected = self._connected.values()
        speaks = {
            world: world in self._ledgers or worlds.ledger_speaks(world)
            for world in {account.world for account in connected}
        }
        accounts = [a for a in connected if speaks[a.world] and a.has_ledger()]
        if not accounts:
            return
        from kiwoomctl.locale import told
        from kiwoomctl.services import unsettled

        for found in unsettled.notices(accounts, self.now(), self.reported):
            if not isinstance(found, KiwoomctlError):
                self.output.alert(told(found))
            elif found is not raised:
                self.output.warn(found)

    def emit(self, report: Report) -> None:
        """Write the report and remember its exit code."""
        self.output.emit(report, palette=self._palette)
        self.exit_code = report.exit_code

    def watch(self, portfolio: LivePortfolio, seconds: float | None) -> None:
        """Show a live portfolio until the person or the reader leaves, or the time is over."""
        from kiwoomctl.render import watch_report
        from kiwoomctl.services import watching

        if self.output.on_screen:
            with self.output.screen(self.now, palette=self._palette) as screen:
                watching.watch(portfolio, screen, self.clock, seconds)
        else:
            from kiwoomctl.render.live_lines import LiveLines

            lines = LiveLines(self.output, self.now)
            watching.watch(portfolio, lines, self.clock, seconds)
        self.exit_code = watch_report.positions(watching.positions(portfolio), self.now()).exit_code

    def emit_as_sent(self, text: str, report: Report) -> None:
        """Write a broker's own text, tell the report's failures, remember its exit code."""
        self.output.text(text)
        for profile, error in report.failures:
            self.output.error(error, profile)
        self.exit_code = report.exit_code

    def live_catalogue(self) -> LiveCatalogue:
        """Return the kinds of live events and the names of their fields; no network."""
        from kiwoomctl.brokers.kiwoom.fids import FIELDS
        from kiwoomctl.brokers.kiwoom.live_kinds import KINDS
        from kiwoomctl.domain.live import LiveCatalogue

        return LiveCatalogue(KINDS, frozenset(field.name for field in FIELDS.values()))

    def check_stream(self, *, raw: bool, **limits: float | None) -> None:
        """Refuse options that no stream of events can follow.

        Args:
            raw: whether fields are to have numbers.
            limits: options that must be above 0 where they are given.

        Raises:
            UsageError: one of them is not possible, or a name of --fields is unknown.
        """
        from kiwoomctl.render.event_lines import check_fields

        for name, value in limits.items():
            if value is not None and not value > 0:
                raise UsageError(
                    "--{option} {value:g} is not above 0", code="limit", option=name, value=value
                )
        if self.options.output in {"json", "csv"}:
            raise UsageError(
                "a stream is lines of JSON, no {output} document",
                hint="use -o jsonl, or leave -o out",
                code="stream_output",
                output=self.options.output,
            )
        check_fields(self.options.fields, self.live_catalogue().field_names, raw=raw)

    def stream(
        self,
        wanted: Wanted,
        look: EventLook,
        *,
        count: int | None,
        seconds: float | None,
        silence: float | None,
    ) -> None:
        """Write live events until so many have come, the time is over or the reader has left."""
        from kiwoomctl.services.live_stream import sources

        found = sources(self.accounts(), wanted, silence)
        self.write_events(found, look, count=count, seconds=seconds)

    def write_events(
        self, found: Sequence[Source], look: EventLook, *, count: int | None, seconds: float | None
    ) -> None:
        """Write the events of these feeds; see ``stream``."""
        from kiwoomctl.render.event_writer import EventWriter
        from kiwoomctl.services.live_stream import LiveStream

        live = LiveStream(found)
        try:
            writer = EventWriter(self.output, look)
            self.exit_code = writer.write(live, self.clock, count=count, seconds=seconds)
        finally:
            live.close()

    def emit_quietly(self, line: str, report: Report) -> None:
        """Write the report for machines; at a terminal one line, in a pipe only what failed."""
        if self.options.output == "table":
            self.emit_as_sent(f"{line}\n" if self.output.on_screen else "", report)
        else:
            self.emit(report)

    def emit_spreadsheet(self, report: Report) -> None:
        """Write the report as a spreadsheet's CSV and remember its exit code."""
        from kiwoomctl.render.export_report import spreadsheet
        from kiwoomctl.render.report import chosen_columns

        columns = chosen_columns(report, self.options.fields)
        self.output.file_text(spreadsheet(report, columns))
        self.emit_as_sent("", report)

    def tell_of_ledger(self, error: StateError | Busy) -> None:
        """Say that a read does without a ledger that cannot be used."""
        from kiwoomctl.render.order_reports import ledger_note

        self.output.note(ledger_note(error))

    def sparkline_look(self) -> SparklineLook | None:
        """Return how this terminal shows a sparkline; None off a terminal."""
        if not self.output.on_screen:
            return None
        import shutil

        from kiwoomctl.render.sparkline import SparklineLook

        return SparklineLook(shutil.get_terminal_size().columns, self.output.speaks_unicode)

    def apis(self) -> Catalogue:
        """Return the broker's documented APIs; no network."""
        from kiwoomctl.brokers.kiwoom.catalogue import KiwoomCatalogue

        return KiwoomCatalogue()

    @property
    def _palette(self) -> str:
        return self.config.color if "config" in self.__dict__ else "kr"

    @property
    def _selection_environ(self) -> Mapping[str, str]:
        # A default meant for the own profiles says nothing about the demo's.
        return {} if self.demo else self.environ

    def as_demo(self) -> Session:
        """Return this session looking at the demo's accounts."""
        options = self.options._replace(demo=True)
        return Session(options, self.environ, self.command, self.clock)

    def demo_folder(self) -> Path:
        """Return where the demo keeps its state."""
        return worlds.demo_world(self.state)

    def ledger(self, world: Path) -> Ledger:
        """Return the ledger of a world, opened once; raises StateError, Busy."""
        from kiwoomctl.ledger import Ledger

        if world not in self._ledgers:
            try:
                self._ledgers[world] = Ledger.open(world, self.clock)
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
            refuse_network(world, form().name)
            self._histories[world] = History.open(world, self.clock)
        return self._histories[world]

    def discard_demo_ledger(self) -> None:
        """Forget the orders and days of the demo, which begins anew; raises StateError."""
        worlds.discard_ledger(self.demo_folder())
        worlds.discard_history(self.demo_folder())

    def simulator_folder(self, world: Path) -> Path:
        """Return where the embedded simulator of a world keeps its state."""
        return worlds.simulator_folder(world)

    def _simulator(self, world: Path) -> httpx.BaseTransport:
        from kiwoomctl.simulator.embedded import open_embedded

        with self._opening:
            if world not in self._simulators:
                self._simulators[world] = open_embedded(self.simulator_folder(world))
            return self._simulators[world]
