"""One run of one command: what it may use, and how it tells what it found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kiwoomctl import worlds
from kiwoomctl.context.enrolment import Enrolling
from kiwoomctl.errors import KiwoomctlError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from kiwoomctl.domain.apis import Catalogue
    from kiwoomctl.domain.live import LiveCatalogue
    from kiwoomctl.errors import Busy, StateError
    from kiwoomctl.render.event_lines import EventLook
    from kiwoomctl.render.report import Column, Report
    from kiwoomctl.render.sparkline import SparklineLook
    from kiwoomctl.services.live.portfolio import LivePortfolio
    from kiwoomctl.services.live.stream import Source
    from kiwoomctl.services.report import AccountReport


class Session(Enrolling):
    """One run of one command."""

    def check_fields(self, columns: Sequence[Column]) -> None:
        """Refuse an unknown --fields name before anything is asked of a broker."""
        if self.options.fields is not None:
            from kiwoomctl.render.report import check_fields

            check_fields(columns, self.options.fields)

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
        from kiwoomctl.services.orders import unsettled

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
        from kiwoomctl.services.live import watching

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

    def live_catalogues(self) -> dict[str, LiveCatalogue]:
        """Return the live events of every house by its name; no network."""
        from kiwoomctl.brokers.houses import NAMES, house_of

        return {name: house_of(name).live_events for name in NAMES}

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
        check_fields(self.options.fields, self.live_catalogues().values(), raw=raw)

    def stream(
        self,
        words: Sequence[str],
        look: EventLook,
        *,
        count: int | None,
        seconds: float | None,
        silence: float | None,
    ) -> None:
        """Write live events until so many have come, the time is over or the reader has left.

        Raises:
            UsageError: the words ask for nothing, or for what is not there.
        """
        from kiwoomctl.services.live.stream import sources
        from kiwoomctl.services.live.words import wanted

        accounts, known = self.accounts(), self.live_catalogues()
        chosen = {account.broker_name: known[account.broker_name] for account in accounts}
        found = sources(accounts, wanted(words, chosen, known), silence)
        self.write_events(found, look, count=count, seconds=seconds)

    def write_events(
        self, found: Sequence[Source], look: EventLook, *, count: int | None, seconds: float | None
    ) -> None:
        """Write the events of these feeds; see ``stream``."""
        from kiwoomctl.render.event_writer import EventWriter
        from kiwoomctl.services.live.stream import LiveStream

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

    def page_place(self, out: str | None) -> Path | None:
        """Return the file of ``report``, checked; None for stdout.

        Raises:
            UsageError: nothing may be written there, or stdout is wanted for two things.
        """
        from kiwoomctl.services import report_file

        if out != "-":
            return report_file.place(out, self.now().date())
        if self.options.output != "table":
            raise UsageError(
                "--out - writes the page to the standard output: it does not go with -o {output}",
                hint="leave out one of them",
                code="out",
                output=self.options.output,
            )
        return None

    def emit_page(self, found: AccountReport, path: Path | None) -> None:
        """Write the page of ``report``, and say where it is; none where no account is there.

        Args:
            found: what it tells.
            path: its file; None for stdout.

        Raises:
            UsageError, StateError: it cannot be written there.
        """
        from kiwoomctl.render import page_report
        from kiwoomctl.render.html.page import page
        from kiwoomctl.services import report_file

        now, written = self.now(), ""
        if found.found:
            text = page(found, now, self._palette)
            if path is None:
                written = text
            else:
                report_file.write(path, text)
                written = f"{path}\n"
        report = page_report.report(found, path if written else None, now)
        if self.options.output == "table":
            self.emit_as_sent(written, report)
        else:
            self.emit(report)

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

    def as_demo(self) -> Session:
        """Return this session looking at the demo's accounts."""
        options = self.options._replace(demo=True)
        return Session(options, self.environ, self.command, self.clock)

    def discard_demo_ledger(self) -> None:
        """Forget the orders and days of the demo, which begins anew; raises StateError."""
        worlds.discard_ledger(self.demo_folder())
        worlds.discard_history(self.demo_folder())
