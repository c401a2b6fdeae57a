"""Read profiles.toml into a Config, refusing what is wrong with its line and a way out.

Unknown keys, wrong types and values outside their choices all raise ConfigError; nothing is
guessed and nothing is ignored.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from kiwoomctl.config.account_forms import BROKERS, FORMS
from kiwoomctl.config.schema import Table
from kiwoomctl.domain.identity import ProfileName
from kiwoomctl.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from kiwoomctl.domain.portfolio import Environment
    from kiwoomctl.risk.limits import Limits

ENVIRONMENTS = ("real", "mock", "sim")
EXCHANGES = ("KRX", "SOR", "NXT")
SECRET_KEYS = {
    "keyring": (),
    "command": ("argv",),
    "credential": ("name",),
    "file": ("path",),
    "env": (),
    "inline": ("appkey", "secretkey"),
}


_SLOWEST, _FASTEST = Decimal("0.1"), Decimal(100)
_NONE: Mapping[str, Any] = {}


class SecretSource(NamedTuple):
    """Where a profile's app key and secret key come from; one source, never another."""

    kind: str
    argv: tuple[str, ...] = ()
    name: str = ""
    path: str = ""
    appkey: str = ""
    secretkey: str = ""

    def __repr__(self) -> str:
        return f"SecretSource({self.kind!r})"


class Profile(NamedTuple):
    """One account under a name of its owner's choice."""

    name: ProfileName
    broker: str
    environment: Environment
    secret: SecretSource
    owner: str | None = None
    account: str | None = None
    """The account number the person expects, digits only; None where the file does not say."""
    enabled: bool = True
    url: str | None = None
    """A served simulator; None for the broker's own hosts and the simulator in process."""
    paced: bool = True
    limits: Limits | None = None
    """What [risk] says for it; None where the file says nothing of limits."""
    hts_id: str | None = None
    """The owner's name at the broker's own program; None where the file does not say."""
    rate: float | None = None
    """Requests a second the key may make at most; None for the broker's usual limit."""

    @property
    def risk(self) -> Limits:
        """The common limits, with this profile's stricter ones."""
        return self.limits or _defaults()


class Config(NamedTuple):
    """Everything profiles.toml says."""

    path: str
    profiles: Mapping[str, Profile] = _NONE
    groups: Mapping[str, tuple[str, ...]] = _NONE
    default: tuple[str, ...] = ()
    lang: Literal["ko", "en"] | None = None
    color: Literal["kr", "us"] = "kr"
    exchange: str = "KRX"
    limits: Limits | None = None
    """What [risk] says for all; None where the file says nothing of limits."""

    @property
    def risk(self) -> Limits:
        """The limits of orders for every profile."""
        return self.limits or _defaults()


def _defaults() -> Limits:
    # Reads know no limits: loading them would be a tenth of a short command.
    from kiwoomctl.risk.limits import Limits

    return Limits()


def load(path: str) -> Config:
    """Return the config in this file.

    Raises:
        ConfigError: the file is missing, unsafe, not TOML, or says something unknown.
    """
    return parse_text(read_text(path), path)


def parse_text(text: str, path: str) -> Config:
    """Return the config this text means; ``path`` is for errors."""
    import tomllib  # the demo needs none

    try:
        data = tomllib.loads(text, parse_float=_decimal)
    except (ValueError, RecursionError) as error:
        raise ConfigError(
            "{path} is not valid TOML: {reason}",
            hint='names with Hangul stand in quotes: [profiles."연금"]'
            if _bare_hangul(text)
            else "",
            code="config_toml",
            path=path,
            reason=error,
        ) from None
    return parse(data, text, path)


def _bare_hangul(text: str) -> bool:
    """Tell whether a table's name has letters that TOML wants quoted."""
    heads = (line.strip() for line in text.splitlines())
    return any(h.startswith("[") and not h.isascii() and '"' not in h for h in heads)


def _decimal(text: str) -> Decimal:
    """Return a number with a point exactly; limits are compared with money."""
    try:
        return Decimal(text)
    except ArithmeticError:
        msg = f"{text} is too great a number"
        raise ValueError(msg) from None


def parse(data: dict[str, Any], text: str, path: str) -> Config:
    """Return the config these TOML data mean; ``text`` only serves to find line numbers."""
    root = Table(data, text, path)
    profiles = {
        name: _profile(root.table("profiles").table(name), name)
        for name in root.table("profiles").names()
    }
    _refuse_equal_env_forms(profiles, root.table("profiles"))
    groups = {
        name: root.table("groups").strings(name) or () for name in root.table("groups").names()
    }
    for name, members in groups.items():
        if not name or set(name) & set("@, \t"):
            root.table("groups").refuse(
                name,
                "the group {group!r} could not be named by -p",
                hint="a name without @, comma or blank",
                group=name,
            )
        for member in members:
            if member not in profiles:
                root.table("groups").refuse(
                    name,
                    "group {group!r} names the unknown profile {member!r}",
                    near=(member, profiles),
                    group=name,
                    member=member,
                )
    default = root.strings("default") or ()
    for entry in default:
        known = [*(f"@{group}" for group in groups), *profiles]
        if entry != "all" and entry not in known:
            root.refuse(
                "default", "default names the unknown {entry!r}", near=(entry, known), entry=entry
            )
    root.table("risk")
    limits: Limits | None = None
    own: Mapping[str, Limits] = {}
    if "risk" in data or any("risk" in table for table in data.get("profiles", {}).values()):
        from kiwoomctl.config import risk

        limits, own = risk.read(data, text, path)
    lang = root.choice("lang", ("ko", "en"))
    color = root.choice("color", ("kr", "us"))
    exchange = root.choice("exchange", EXCHANGES)
    root.refuse_unknown()
    return Config(
        path=path,
        profiles={name: p._replace(limits=own.get(name)) for name, p in profiles.items()},
        groups=groups,
        default=default,
        lang=lang,  # type: ignore[arg-type]  # choice() admits only these
        color=color or "kr",  # type: ignore[arg-type]  # as above
        exchange=exchange or "KRX",
        limits=limits,
    )


def _profile(table: Table, name: str) -> Profile:
    try:
        parsed = ProfileName.parse(name)
    except UsageError as error:
        table.refuse(None, error.message, error.hint, **error.values)
    broker = table.choice("broker", BROKERS, required=True)
    environment = table.choice("environment", ENVIRONMENTS, required=True)
    url = table.string("url")
    pace = table.choice("pace", ("on", "off"))
    if environment != "sim":
        for key in ("url", "pace"):
            if table.has(key):
                table.refuse(
                    key,
                    '{key} is only for environment = "sim"',
                    "the hosts and limits of real and mock are fixed",
                )
    if url is not None and not _is_loopback(url):
        table.refuse(
            "url",
            "url {url!r} is not a simulator on this machine",
            "give http://127.0.0.1:PORT",
            url=url,
        )
    profile = Profile(
        name=parsed,
        broker=broker or "",
        environment=environment,  # type: ignore[arg-type]  # choice() admits only these
        secret=_secret(table.table("secret", required=True), environment == "sim"),
        owner=table.string("owner"),
        account=_account(table, broker or ""),
        enabled=table.boolean("enabled", default=True),
        url=url.rstrip("/") if url else None,
        paced=pace != "off" if url or environment != "sim" else pace == "on",
        hts_id=table.string("hts_id"),
        rate=_rate(table),
    )
    table.table("risk")  # read with the common limits it is compared with
    table.refuse_unknown()
    return profile


def _account(table: Table, broker: str) -> str | None:
    """Return the digits of the account number; None where the profile does not say it."""
    form, number = FORMS[broker], table.string("account")
    if number is None:
        if form.needed:
            table.refuse(
                None,
                'account is missing: broker = "{broker}" needs it',
                form.advice.template,
                broker=broker,
            )
        return None
    digits = form.digits(number)
    if digits is None:
        shown = re.sub(r"(?<=..)\d(?=..)", "*", number)
        table.refuse("account", form.wrong.template, form.advice.template, number=shown)
    return digits


def _rate(table: Table) -> float | None:
    rate = table.number("rate")
    if rate is not None and not _SLOWEST <= rate <= _FASTEST:
        table.refuse(
            "rate",
            "rate {rate} is not possible",
            "give requests a second, {least} to {most}; leave it out for the broker's limit",
            rate=rate,
            least=_SLOWEST,
            most=_FASTEST,
        )
    return None if rate is None else float(rate)


def _secret(table: Table, simulated: bool) -> SecretSource:
    kind = table.choice("source", tuple(SECRET_KEYS), required=True) or ""
    if kind == "inline" and not simulated:
        table.refuse(
            "source",
            'source = "inline" is only for environment = "sim"',
            "use keyring, command, credential, file or env for a real key",
        )
    values: dict[str, Any] = {}
    for key in SECRET_KEYS[kind]:
        value = table.strings(key) if key == "argv" else table.string(key)
        if not value:
            table.refuse(key, "secret source {kind!r} needs {key}", kind=kind)
        values[key] = value
    path = values.get("path")
    if path is not None and not (path.startswith("~") or os.path.isabs(path)):  # noqa: PTH117 - a plain text question
        table.refuse("path", "path {given!r} is relative", "write it from / or ~ on", given=path)
    table.refuse_unknown()
    return SecretSource(kind=kind, **values)


def _refuse_equal_env_forms(profiles: Mapping[str, Profile], table: Table) -> None:
    forms: dict[str, str] = {}
    for profile in profiles.values():
        other = forms.setdefault(profile.name.env_form, profile.name)
        if other != profile.name:
            table.refuse(
                profile.name,
                "profiles {first!r} and {second!r} have one name in the environment",
                "rename one of them",
                first=other,
                second=str(profile.name),
            )


def _is_loopback(url: str) -> bool:
    from urllib.parse import urlsplit

    if not (url.isascii() and url.isprintable()) or "@" in url or " " in url:
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return (
        parts.scheme == "http"
        and parts.hostname in {"127.0.0.1", "localhost", "::1"}
        and port is not None
        and not (parts.query or parts.fragment or parts.path.strip("/"))
    )


def read_text(path: str) -> str:
    """Return the text of a file that only its owner can write.

    Raises:
        ConfigError: the file is missing, unsafe or not UTF-8.
    """
    try:
        with Path(path).open("rb") as handle:
            if os.name == "posix":
                mode = os.fstat(handle.fileno()).st_mode
                if mode & (stat.S_IWGRP | stat.S_IWOTH):
                    raise ConfigError(
                        "{path} can be changed by other users, so it is not read",
                        hint="chmod go-w {path}",
                        code="config_permissions",
                        path=path,
                    )
            raw = handle.read()
    except FileNotFoundError:
        raise ConfigError(
            "there is no {path}",
            hint="kiwoomctl init writes one; --demo works without",
            code="config_missing",
            path=path,
        ) from None
    except OSError as error:
        raise ConfigError(
            "cannot read {path}: {reason}",
            code="config_unreadable",
            path=path,
            reason=error.strerror,
        ) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(
            "{path} is not UTF-8", hint="save it as UTF-8", code="config_encoding", path=path
        ) from None
