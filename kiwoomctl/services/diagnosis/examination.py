"""All checks in their order; each reads, none writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from kiwoomctl.errors import ConfigError, Phrase
from kiwoomctl.services.diagnosis import (
    accounts,
    config,
    cron,
    histories,
    ledgers,
    state,
    storage,
    versions,
)
from kiwoomctl.services.diagnosis.findings import SUBJECTS, CronView, Finding, Inspectable

_LOCALE: Final = ("LC_ALL", "LC_CTYPE", "LANG")


class Machine(NamedTuple):
    """Where things are here, and how to look at them."""

    config: str
    """Where profiles.toml should be."""
    state: Path
    """Where state is kept; it need not exist."""
    environ: Mapping[str, str]
    demo: bool
    accounts: Callable[[], Sequence[Inspectable]]
    """Gives the chosen accounts; may raise ConfigError."""
    twins: Callable[[], Iterator[ConfigError]]
    """Yields the error of each two of these that are one account."""
    cron: Callable[[Sequence[str]], CronView | None]
    """Tries the keys of these profiles as a job of cron; None where there is no cron."""
    keyrings: Callable[[], Sequence[str]]
    """Gives the names of the safe backends that can be used."""
    sqlite: str
    encoding: str
    on_terminal: bool


def examine(machine: Machine, now: datetime) -> list[Finding]:
    """Return all findings, subject by subject.

    Args:
        machine: what is looked at.
        now: this machine's time.

    Raises:
        UsageError: the choice of accounts is wrong.
    """
    chosen: Sequence[Inspectable] = ()
    found: list[Finding] = []
    try:
        chosen = machine.accounts()
        found += config.readable(machine.config, len(chosen))
    except ConfigError as error:
        found += config.unreadable(machine.config, error)
    found += config.permissions(machine.config)
    found += state.findings(machine.state)
    found += storage.findings(machine.state, demo=machine.demo)
    found += ledgers.findings(chosen, now)
    found += histories.findings(chosen)
    found += _accounts(machine, chosen, now)
    wanted = any(account.source == "keyring" for account in chosen)
    found += versions.findings(
        machine.sqlite,
        machine.encoding,
        next((v for name in _LOCALE if (v := machine.environ.get(name))), ""),
        machine.keyrings() if wanted else None,
        on_terminal=machine.on_terminal,
    )
    if machine.demo:
        found = [finding._replace(fix=_of_demo(finding.fix)) for finding in found]
    order = list(SUBJECTS)
    return sorted(found, key=lambda finding: order.index(finding.subject))


def _of_demo(fix: Phrase | None) -> Phrase | None:
    """Return what to do, so that it does it to the demo and to nothing real."""
    if fix is None or not fix.template.startswith("kiwoomctl "):
        return fix
    return Phrase("{command} --demo", command=fix)


def _accounts(machine: Machine, chosen: Sequence[Inspectable], now: datetime) -> Iterator[Finding]:
    """Look at each account in turn; what takes time is asked of all of them together."""
    secrets = {account.name: accounts.secret(account) for account in chosen}
    keyed = [account for account in chosen if secrets[account.name].status == "ok"]
    by_cron: list[Finding] = []
    if chosen and not machine.demo:
        view = machine.cron(cron.tried(keyed))
        if view is not None:
            by_cron += cron.findings(view, machine.config, machine.state, keyed, machine.environ)
    yield from (finding for finding in by_cron if finding.profile is None)
    # The clock's request takes its place in what is remembered: that is looked at before.
    paces = {account.name: accounts.rates(account) for account in keyed}
    clocks = accounts.clocks(keyed)
    doubled = list(accounts.twins(machine.twins())) if chosen else []
    for account in chosen:
        yield from (finding for finding in doubled if finding.profile == account.name)
        yield from accounts.number(account)
        yield secrets[account.name]
        yield from (finding for finding in by_cron if finding.profile == account.name)
        yield accounts.token(account, now)
        yield from paces.get(account.name, ())
        yield clocks.get(account.name) or accounts.unasked(account)
