"""How accounts come into profiles.toml: what is checked first, and what is written last."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kiwoomctl.context.choice import Choice
from kiwoomctl.errors import ConfigError, KiwoomctlError, Phrase, UsageError

if TYPE_CHECKING:
    from kiwoomctl.brokers.port_enrolment import Enrolment
    from kiwoomctl.connection import ConnectedAccount
    from kiwoomctl.domain.enrolment import NewProfile
    from kiwoomctl.services.registry import RegistryRow


class Enrolling(Choice):
    """The parts of one command, and how a profile is added to profiles.toml."""

    def check_config_place(self, *, first: bool) -> None:
        """Raise ConfigError where profiles.toml could not be written in the end.

        With ``first`` also where it is there already.
        """
        from kiwoomctl.config import writing

        if first and os.path.lexists(self.config_path):
            raise writing.exists(self.config_path)
        writing.check_place(self.config_path)

    def write_first_config(self) -> None:
        """Write a commented profiles.toml; raises ConfigError where one is."""
        from kiwoomctl.config import writing

        writing.write_first(self.config_path)

    def has_profiles(self) -> bool:
        """Tell whether profiles.toml is there and has a profile; raises ConfigError."""
        return self.demo or (Path(self.config_path).exists() and bool(self.config.profiles))

    def taken_names(self) -> frozenset[str]:
        """Return the names that profiles have; raises ConfigError."""
        return frozenset(self.config.profiles if self.has_profiles() else ())

    def enrolment(self, broker: str, environment: str) -> Enrolment:
        """Return how a key is had from a house, and what else a profile there needs."""
        from kiwoomctl.brokers.houses import house_of

        return house_of(broker).enrolment(environment)  # type: ignore[arg-type]  # checked before

    def account_number(self, broker: str, text: str) -> str:
        """Return an account number as profiles.toml has it, from how people write it."""
        from kiwoomctl.config.account_forms import FORMS

        return FORMS[broker].written(text)

    @property
    def houses(self) -> tuple[str, ...]:
        """The houses an account can be kept at, by their names in profiles.toml."""
        from kiwoomctl.brokers.houses import NAMES

        return NAMES

    @property
    def guides(self) -> bool:
        """Whether a person sits at the terminal who wants to be asked and told."""
        plain = self.options.fields is None and not self.options.quiet and not self.demo
        return plain and self.output.interactive and self.output.on_screen

    def key_file(self, name: str, given: str = "") -> str:
        """Return the file of a profile's key: the given one, else one beside profiles.toml."""
        if given:
            return given if given.startswith("~") else str(Path(given).absolute())
        place = Path(self.config_path).absolute().with_name(f"{name}.key")
        home = Path("~").expanduser()
        return f"~/{place.relative_to(home).as_posix()}" if home in place.parents else str(place)

    def free_key_file(self, name: str) -> str:
        """Return a file beside profiles.toml that a profile's key can be kept in: a new one."""
        places = (self.key_file(f"{name}-{number}") for number in range(2, 100))
        return next(
            (place for place in (self.key_file(name), *places) if not _is_there(place)),
            self.key_file(name),
        )

    def keyring_problem(self, new: NewProfile) -> KiwoomctlError | None:
        """Return why the key of a new profile cannot be kept in a keyring here; None if it can."""
        from kiwoomctl.config import secrets, writing
        from kiwoomctl.domain.enrolment import KeySource

        try:
            secrets.check_store(writing.read_new(new._replace(source=KeySource("keyring"))))
        except KiwoomctlError as error:
            return error
        return None

    def check_values(self, new: NewProfile) -> None:
        """Raise UsageError where something that a new profile says is not possible."""
        from kiwoomctl.config import writing

        writing.read_new(new)

    def block_of(self, new: NewProfile) -> str:
        """Return the lines that are to stand in profiles.toml."""
        from kiwoomctl.config import writing

        return writing.block(new)

    def check_new(self, new: NewProfile) -> None:
        """Find out whether a profile could be added, and its key be kept; nothing is made.

        Raises:
            UsageError: something about it is not possible, or it is there already.
            ConfigError: profiles.toml could not be added to.
            SignInError: its key could not be kept where it says.
        """
        from kiwoomctl.config import secrets, writing

        if self.demo:
            raise UsageError(
                "--demo has its own accounts: none can be added",
                hint="leave out --demo",
                code="demo",
            )
        if new.name in self.taken_names():
            raise UsageError(
                "profile {name!r} is there already",
                hint="kiwoomctl login {name}",
                code="profile_exists",
                name=str(new.name),
            )
        if new.account is None and self.enrolment(new.broker, new.environment).asks_account:
            raise UsageError(
                "--account is missing: a key of {broker} does not tell whose account it is",
                hint="--account 12345678-01: eight digits, a dash and the two of the product",
                code="account_missing",
                broker=new.broker,
            )
        profile = writing.read_new(new)
        writing.check_append(self.config_path, new)
        try:
            secrets.check_store(profile)
        except KiwoomctlError as error:
            if error.code != "keyring":
                raise
            raise _with_hint(
                error,
                Phrase(
                    "keep the key in a file: --source file; or use command, credential or env "
                    "(kiwoomctl help security)"
                ),
            ) from None

    def check_key_place(self, account: ConnectedAccount) -> None:
        """Raise SignInError where the key of a profile could not be kept in the keyring."""
        from kiwoomctl.config import secrets

        if account.profile.secret.kind == "keyring":
            secrets.check_store(account.profile)

    def enrol(self, new: NewProfile, key: tuple[str, str] | None) -> RegistryRow:
        """Prove a new profile's key, keep it, and write the profile: all of it, or nothing.

        Raises:
            KiwoomctlError: what the broker or this machine says; nothing is stored then.
        """
        from kiwoomctl.config import secrets, writing
        from kiwoomctl.services import registry

        inline = new.source.kind == "inline"
        whole = new._replace(key=key) if inline else new
        account = self._new_account(whole)
        try:
            return registry.enrol(
                account,
                None if inline else key,
                lambda number: self._refuse_double(account, number),
                lambda: secrets.make_room(account.profile),
                lambda: writing.append_profile(self.config_path, whole),
            )
        except KiwoomctlError as error:
            raise _of_new(error, self.words_of(new)) from None

    def _refuse_double(self, account: ConnectedAccount, number: str) -> None:
        """Raise ConfigError where another profile is this account: no command could use both."""
        for other in map(
            self.connect, self.config.profiles.values() if self.has_profiles() else ()
        ):
            here = (other.environment, other.host, other.known_number())
            if here == (account.environment, account.host, number) and other.profile.enabled:
                raise ConfigError(
                    "this account is there already: profile {name!r}",
                    hint="use that one: kiwoomctl summary -p {name}",
                    code="account_twice",
                    name=other.name,
                )

    def words_of(self, new: NewProfile) -> tuple[str, ...]:
        """Return what stands after ``kiwoomctl login`` to add the same profile."""
        from kiwoomctl.domain.enrolment import KeySource

        usual = KeySource("file", self.key_file(new.name))
        return (new._replace(source=KeySource("file")) if new.source == usual else new).words(
            self.houses[0]
        )

    def write_profile(self, new: NewProfile) -> None:
        """Append a profile whose key comes later; raises ConfigError."""
        from kiwoomctl.config import writing

        writing.append_profile(self.config_path, new)

    def _new_account(self, new: NewProfile) -> ConnectedAccount:
        from kiwoomctl.config import writing

        return self.connect(writing.read_new(new))


def _is_there(place: str) -> bool:
    return os.path.lexists(Path(place).expanduser())


def _of_new(error: KiwoomctlError, words: Sequence[str]) -> KiwoomctlError:
    """Return an error whose hint names a profile that is not there yet by what adds it."""
    again = Phrase(error.hint, **{**error.values, "profile": shlex.join(words)})
    if not error.hint:
        return _with_hint(error, Phrase("nothing was stored"))
    return _with_hint(error, Phrase("nothing was stored; {fix}", fix=again))


def _with_hint(error: KiwoomctlError, fix: Phrase) -> KiwoomctlError:
    what = Phrase(error.message, **error.values)
    return type(error)(
        "{what}",
        hint="{fix}",
        code=error.code,
        safe_to_retry=error.safe_to_retry,
        **{**error.values, "what": what, "fix": fix},
    )
