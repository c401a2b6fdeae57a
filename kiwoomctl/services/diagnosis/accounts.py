"""What is wrong with each account: its number, key, token, rate limit and its server's clock."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from kiwoomctl.errors import Busy, ConfigError, KiwoomctlError, Phrase, Unavailable
from kiwoomctl.services.diagnosis.findings import (
    CONFIG_EXIT,
    SIGN_IN_EXIT,
    Finding,
    Inspectable,
    RateState,
    TokenState,
    failure,
    file_instead,
    warning,
)

CLOCK_TOLERANCE: Final = 5.0
"""Seconds the server's clock may differ; its Date header has whole seconds only."""
UNASKED: Final = "rate_file"
"""The code of a request that was not sent because the key was never used from here."""
_MOST_AT_ONCE: Final = 16


def secret(account: Inspectable) -> Finding:
    """Fetch the key once, as any command does that needs a token."""
    started = time.monotonic()
    try:
        account.probe_secret()
    except KiwoomctlError as error:
        advice = Phrase("kiwoomctl help security")
        found = failure("secret", account.name, error, SIGN_IN_EXIT, advice)
        # Where there is no keyring, telling its name again does not bring one.
        return found if error.code != "keyring" else found._replace(fix=file_instead(account.name))
    text = Phrase(
        "from {source} in {milliseconds} ms",
        source=account.secret_place(),
        milliseconds=round((time.monotonic() - started) * 1000),
    )
    return Finding("secret", account.name, "ok", text)


def twins(errors: Iterator[ConfigError]) -> Iterator[Finding]:
    """Tell of profiles that are one account under two names."""
    # What keeps them from being compared is told where it is looked at by itself.
    with contextlib.suppress(KiwoomctlError):
        for error in errors:
            found = failure("account", str(error.values["second"]), error, CONFIG_EXIT)
            fix = Phrase("set enabled = false in [profiles.{name}]", name=error.values["second"])
            yield found._replace(fix=fix)


def number(account: Inspectable) -> Iterator[Finding]:
    """Tell how far it is proven whose account it is; the number is masked."""
    name, mend = account.name, Phrase("kiwoomctl login {profile}", profile=account.name)
    try:
        state, masked = account.number_state()
    except KiwoomctlError as error:
        yield failure("account", name, error, CONFIG_EXIT, mend)
        return
    if state == "unsure":
        text = Phrase("{number}, proven; for which key cannot be told now", number=masked)
        yield Finding("account", name, "ok", text)
    elif state == "proven":
        text = Phrase("{number}, proven for this key", number=masked)
        yield Finding("account", name, "ok", text)
    elif state == "differs":
        text = Phrase("another number was proven than profiles.toml says ({number})", number=masked)
        yield Finding("account", name, "warning", text, mend)
    elif state == "other_key":
        text = Phrase("{number} was proven for another key than this one", number=masked)
        yield Finding("account", name, "warning", text, mend)
    elif account.environment == "real":
        text = Phrase("its number is not proven: no order is sent for it")
        yield Finding("account", name, "warning", text, mend)
    else:
        text = Phrase("its number is not proven yet; the first order proves it")
        yield Finding("account", name, "ok", text)
    if not (account.hears_orders or account.is_embedded):
        yield Finding(
            "account",
            name,
            "warning",
            Phrase("without hts_id no order of this account is announced to a running watch"),
            Phrase('write hts_id = "YOUR ID THERE" into [profiles.{name}]', name=name),
        )


def token(account: Inspectable, now: datetime) -> Finding:
    """Tell how the cached token stands; nobody is asked for one."""
    try:
        found = account.token_state()
    except KiwoomctlError as error:
        return failure("token", account.name, error, CONFIG_EXIT)
    renew = Phrase("kiwoomctl login {profile} --refresh", profile=account.name)
    if found.state == "damaged":
        text = Phrase("its cache is damaged; the next command asks for a new one")
        return Finding("token", account.name, "warning", text, renew)
    if found.state == "none":
        text = Phrase("none is cached; the next command asks for one")
        return Finding("token", account.name, "ok", text)
    if found.state == "expired":
        text = Phrase(
            "ended at {time:%Y-%m-%d %H:%M}; the next command asks for a new one",
            time=found.expires_at,
        )
        return Finding("token", account.name, "ok", text)
    text = _valid(found, now)
    if found.replaced:
        text = Phrase(
            "{valid}; replaced in the last 10 minutes: {count} times",
            valid=text,
            count=found.replaced,
        )
        fix = Phrase("stop the other program that uses this key, or give it a key of its own")
        return Finding("token", account.name, "warning", text, fix)
    return Finding("token", account.name, "ok", text)


def _valid(found: TokenState, now: datetime) -> Phrase:
    hours = None if found.issued_at is None else (now - found.issued_at).total_seconds() / 3600
    if hours is None or hours < 0:
        return Phrase("valid until {time:%Y-%m-%d %H:%M}", time=found.expires_at)
    return Phrase(
        "valid until {time:%Y-%m-%d %H:%M}; cached here {hours:.1f} hours ago",
        time=found.expires_at,
        hours=hours,
    )


def rates(account: Inspectable) -> list[Finding]:
    """Tell what is remembered of the key's rate limits."""
    try:
        return [_rate(account.name, state) for state in account.rates()]
    except KiwoomctlError as error:
        return [failure("rate", account.name, error, CONFIG_EXIT)]


def _rate(name: str, state: RateState) -> Finding:
    caps = Phrase("{total:g} requests a second", total=state.total)
    if state.kind == "order":
        caps = Phrase("{total:g} orders a second", total=state.total)
    if state.reserved:
        caps = Phrase("{caps}; waiting now: {count}", caps=caps, count=state.reserved)
    if state.last_refusal is not None:
        caps = Phrase(
            "{caps}; last refused: {api_id} at {time}",
            caps=caps,
            api_id=state.last_refusal["api_id"],
            time=state.last_refusal["at"][:16].replace("T", " "),
        )
    if state.damaged:
        text = Phrase("its file is damaged; the next command waits a second and begins it anew")
        return Finding("rate", name, "warning", text, Phrase("kiwoomctl cash -p {name}", name=name))
    if state.reduced:
        slowed = ", ".join(f"{api_id} {limit:g}/s" for api_id, limit in state.reduced.items())
        text = Phrase("the broker refused the rate; slowed down: {slowed}", slowed=slowed)
        return Finding(
            "rate",
            name,
            "warning",
            Phrase("{text} ({caps})", text=text, caps=caps),
            Phrase("none needed: it rises again by itself; run fewer programs on this key"),
        )
    return Finding("rate", name, "ok", caps)


def clocks(accounts: Sequence[Inspectable]) -> dict[str, Finding]:
    """Return how each server's clock stands to this machine's, by profile; asked all at once."""
    if len(accounts) == 1:
        return {accounts[0].name: _clock(accounts[0])}
    if not accounts:
        return {}
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(len(accounts), _MOST_AT_ONCE)) as pool:
        return {finding.profile or "": finding for finding in pool.map(_clock, accounts)}


def unasked(account: Inspectable) -> Finding:
    """Tell that a server was not asked because there is no key."""
    text = Phrase("not asked, for want of a key")
    return Finding("clock", account.name, "warning", text, Phrase("kiwoomctl help security"))


def _clock(account: Inspectable) -> Finding:
    name = account.name
    if account.is_embedded:
        text = Phrase("the simulator in this process goes by a clock of its own")
        return Finding("clock", name, "ok", text)
    try:
        offset = account.clock_offset()
    except (Unavailable, Busy) as error:
        # Not being reachable is no fault of this machine's files or keys.
        return warning("clock", name, error, Phrase("kiwoomctl doctor"))
    except KiwoomctlError as error:
        if error.code == UNASKED:
            text = Phrase("not asked: no command has used this key here yet")
            return Finding("clock", name, "ok", text)
        sign_in = error.exit_code == SIGN_IN_EXIT
        return failure("clock", name, error, SIGN_IN_EXIT if sign_in else CONFIG_EXIT)
    if offset is None:
        text = Phrase("the server sends no time")
        return Finding("clock", name, "warning", text, Phrase("timedatectl status"))
    if account.environment == "sim":
        text = Phrase("the simulator's own, {seconds:+.0f} s from this machine's", seconds=offset)
        return Finding("clock", name, "ok", text)
    if abs(offset) > CLOCK_TOLERANCE:
        return Finding(
            "clock",
            name,
            "warning",
            Phrase("the server's clock is {seconds:+.0f} s from this machine's", seconds=offset),
            Phrase("let the system set the time: sudo timedatectl set-ntp true"),
        )
    return Finding("clock", name, "ok", Phrase("as the server's"))
