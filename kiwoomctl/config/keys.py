"""Which app key a profile stands for now, and which account number was proven for it.

All rules of pins are here. A key's hash names its token cache, its rate file and its pin, so
within one run a profile stands for exactly one key: a source that suddenly gives another one
is an error, never a quiet change of the account that is read.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from kiwoomctl.config import pins, secrets
from kiwoomctl.config.pins import Pin
from kiwoomctl.config.profiles import Profile
from kiwoomctl.config.secrets import Credentials, Secret
from kiwoomctl.domain.identity import mask_account
from kiwoomctl.errors import ConfigError, SignInError


class ProfileKey:
    """The app key of one profile at one host."""

    def __init__(
        self,
        profile: Profile,
        host: str,
        folder: Path,
        environ: Mapping[str, str],
        has_token: Callable[[str], bool],
    ) -> None:
        """Bind a profile to where its pin is.

        Args:
            profile: what the user configured.
            host: the base URL of its broker.
            folder: where pins are kept.
            environ: where env secrets are.
            has_token: tells whether a usable token is cached for a key's hash.
        """
        self._profile = profile
        self._host = host
        self._folder = folder
        self._environ = environ
        self._has_token = has_token
        self._turn = threading.RLock()
        self._credentials: Credentials | None = None
        self._refusal: SignInError | None = None
        self._id: str | None = None
        self._unstored = False

    @property
    def id(self) -> str:
        """The hash of the app key; raises SignInError.

        A slow source is not asked while a pin leads to a usable token.
        """
        with self._turn:
            if self._id is None:
                pin = None if secrets.is_quick(self._profile) else self.pin()
                if pin is not None and self._has_token(pin.key_id):
                    self._id = pin.key_id
                else:
                    self._id = self._fetched().key_id
            return self._id

    def credentials(self) -> Credentials:
        """Return app key and secret key for the key this run stands for.

        Raises:
            SignInError: the source has none, or suddenly another one.
        """
        with self._turn:
            credentials = self._fetched()
            if self._id not in (None, credentials.key_id):
                raise SignInError(
                    "profile {profile!r}: its source now gives another app key than before",
                    hint="prove the new one: kiwoomctl login {profile}",
                    code="key_changed",
                    profile=str(self._profile.name),
                )
            self._note(credentials.key_id)
            return credentials

    def reload(self) -> None:
        """Ask the source again and stand for what it gives; raises SignInError."""
        with self._turn:
            if not self._unstored:
                self._credentials = self._refusal = None
            self._id = self._fetched().key_id

    def use(self, appkey: str, secretkey: str) -> None:
        """Stand for this pair in this run only, until it is stored."""
        with self._turn:
            self._credentials = Credentials(Secret(appkey), Secret(secretkey))
            self._refusal = None
            self._id = self._credentials.key_id
            self._unstored = True

    def store(self) -> None:
        """Put the pair that was given into the profile's source; raises SignInError."""
        with self._turn:
            secrets.store(self._profile, self._fetched())
            self._unstored = False

    def forget(self, *, secret: bool) -> None:
        """Remove the pin, and the pair from its source; raises SignInError, StateError."""
        pins.remove(self._folder, self._profile)
        if secret:
            secrets.remove(self._profile)

    def pin(self) -> Pin | None:
        """Return what was proven before, whatever key it was."""
        return pins.read(self._folder, self._profile, self._host)

    def number(self) -> str | None:
        """Return the account number the person wrote, or the one proven for this key."""
        if self._profile.account is not None:
            return self._profile.account
        pin = self.pin()
        if pin is None or not self._may_be_pinned(pin):
            return None
        return pin.account

    def proven_number(self) -> str | None:
        """Return the account number the broker gave for the key in use; raises SignInError."""
        pin = self.pin()
        return pin.account if pin is not None and pin.key_id == self.id else None

    def must_prove(self) -> bool:
        """Tell whether the number has to be asked before this key's figures are believed.

        So it is where profiles.toml names a number nobody proved, or where a number was proven
        for another key of this profile: the account might have changed with the key.
        """
        pin = self.pin()
        if pin is not None and pin.key_id == self.id:
            return self._profile.account not in (None, pin.account)
        return self._profile.account is not None or (pin is not None and pin.account is not None)

    def expect(self, number: str) -> None:
        """Raise ConfigError where profiles.toml, else an earlier proof, names another number."""
        pin = self.pin()
        expected = self._profile.account or (pin.account if pin else None)
        if expected is not None and expected != number:
            raise ConfigError(
                "profile {profile!r}: its key belongs to account {number}, not {expected}",
                hint="store the right key (kiwoomctl login {profile}); to change the account: "
                "correct it in profiles.toml, kiwoomctl logout {profile}, then login",
                code="account_differs",
                profile=str(self._profile.name),
                number=mask_account(number),
                expected=mask_account(expected),
            )

    def remember(self, number: str) -> None:
        """Pin the number the broker gave for this key; raises ConfigError, StateError."""
        self.expect(number)
        if not self._unstored:
            pins.write(self._folder, self._profile, Pin(self._host, self.id, number))

    def _fetched(self) -> Credentials:
        # A source that failed is not asked twice: it may take seconds, or ask a person.
        if self._refusal is not None:
            raise self._refusal
        if self._credentials is None:
            try:
                self._credentials = secrets.fetch(self._profile, self._environ)
            except SignInError as error:
                self._refusal = error
                raise
        return self._credentials

    def _note(self, key_id: str) -> None:
        """Pin whose token gets cached, so that a slow source need not be asked for that again.

        A proven number stays with the key it was proven for.
        """
        if self._unstored or secrets.is_quick(self._profile):
            return
        pin = self.pin()
        if pin is None or (pin.account is None and pin.key_id != key_id):
            pins.write(self._folder, self._profile, Pin(self._host, key_id, None))

    def _may_be_pinned(self, pin: Pin) -> bool:
        if self._id is None and not secrets.is_quick(self._profile):
            return True
        try:
            return pin.key_id == self.id
        except SignInError:
            return True
