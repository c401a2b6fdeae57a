"""What only this machine knows: profiles and groups, listed codes, orders sent from here.

Each is read where it stands, as far as it can be read; a file that is broken or absent has
nothing to say. Nothing is opened for writing.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False  # as in the package
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from kiwoomctl.completion.table import Candidate

DEMO_PROFILES = ("general", "isa", "pension")
"""Those of ``--demo``; a test holds them equal to the real ones."""
MOST = 200
_LARGEST_CONFIG = 1_000_000
_PROFILE_FLAGS = ("-p", "--profile")


class Sources:
    """Answers for one line that is being typed."""

    def __init__(self, words: Sequence[str], environ: Mapping[str, str]) -> None:
        self._words = words
        self._environ = environ
        self._demo = "--demo" in words or environ.get("KIWOOMCTL_DEMO") == "1"

    def __call__(self, name: str, current: str) -> Iterable[Candidate]:
        """Return the values of a name that begin like this."""
        found: Iterable[Candidate] = getattr(self, f"_{name}")(current)
        return found

    def _profiles(self, current: str) -> Iterator[Candidate]:
        yield from self._accounts(current)
        if "all".startswith(current):
            yield "all", ""

    def _accounts(self, current: str) -> Iterator[Candidate]:
        yield from self._names(current)
        for group, members in self._table("groups").items():
            if isinstance(members, list) and f"@{group}".startswith(current):
                yield f"@{group}", ", ".join(map(str, members))

    def _names(self, current: str) -> Iterator[Candidate]:
        for name, profile in self._known().items():
            if name.startswith(current):
                parts = (profile.get("owner"), profile.get("broker"), profile.get("environment"))
                yield name, " ".join(part for part in parts if isinstance(part, str))

    def _symbols(self, current: str) -> Iterator[Candidate]:
        return self._listings(current)

    def _listed(self, current: str) -> Iterator[Candidate]:
        """Yield codes, or names where a name was begun: these commands take both."""
        for code, name in self._listings(current):
            # A name with a blank would need quotes.
            if current.isascii():
                yield code, name
            elif " " not in name:
                yield name, code

    def _listings(self, current: str) -> Iterator[tuple[str, str]]:
        from kiwoomctl.services import symbol_file

        seen: set[str] = set()
        for world in self._worlds():
            file = symbol_file.read(world) if (world / symbol_file.FILE).is_file() else None
            for code, name in file.pairs(current) if file is not None else ():
                # A word of Latin letters is taken for a code, never for a name's beginning.
                meant = not current.isascii() or code.startswith(current.upper())
                if meant and code not in seen:
                    seen.add(code)
                    yield code, name
                if len(seen) >= MOST:
                    return

    def _orders(self, current: str) -> Iterator[Candidate]:
        return self._ledgers("open", current)

    def _sent(self, current: str) -> Iterator[Candidate]:
        return self._ledgers("sent", current)

    def _attempts(self, current: str) -> Iterator[Candidate]:
        return self._ledgers("unknown", current)

    def _ledgers(self, which: str, current: str) -> Iterator[Candidate]:
        from kiwoomctl.worlds import LEDGER_FILE

        named = self._named()
        for world in self._worlds():
            if not (world / LEDGER_FILE).is_file():
                continue
            from kiwoomctl.ledger import peek

            for order in peek.orders(world / LEDGER_FILE, which, MOST):
                if named and order.profile not in named:
                    continue
                number = order.number.zfill(7) if order.number else ""
                for value, other in ((order.id, number), (number, order.id)):
                    # Numbers only where one was begun: each order would stand there twice.
                    if value.startswith(current) and (value is order.id or (value and current)):
                        yield value, " ".join(filter(None, (*order.told, order.profile, other)))

    def _apis(self, current: str) -> Iterator[Candidate]:
        import kiwoomctl

        folder = os.path.dirname(kiwoomctl.__file__)  # noqa: PTH120 - pathlib is slow to import
        path = f"{folder}/brokers/kiwoom/catalogue/index.tsv"
        with open(path, encoding="utf-8") as lines:  # noqa: PTH123 - as above
            for line in lines:
                api_id, name, _rest = line.split("\t", 2)
                if api_id.startswith(current):
                    yield api_id, name

    def _worlds(self) -> list[Path]:
        """Return the folders of the accounts there are, each once."""
        from kiwoomctl import worlds
        from kiwoomctl.config import paths

        state = paths.state_folder(self._environ)
        if self._demo:
            return [worlds.demo_world(state)]
        found = []
        for profile in self._known().values():
            place = _Place(profile)
            try:
                found.append(worlds.world_of(state, place, demo=False))  # type: ignore[arg-type]  # all it looks at
            except ValueError:
                continue
        return list(dict.fromkeys(found)) or [state]

    def _named(self) -> set[str]:
        """Return the names behind -p; empty where there are none, or groups and all."""
        given = [
            value
            for flag, value in zip(self._words, self._words[1:], strict=False)
            if flag in _PROFILE_FLAGS
        ]
        names = {name for value in given for name in value.split(",")}
        return names if names <= set(self._known()) else set()

    def _known(self) -> dict[str, dict[str, Any]]:
        if self._demo:
            return {name: {"environment": "sim"} for name in DEMO_PROFILES}
        return {k: v for k, v in self._table("profiles").items() if isinstance(v, dict)}

    def _table(self, name: str) -> dict[str, Any]:
        if self._demo:
            return {}
        found = self._config().get(name)
        return found if isinstance(found, dict) else {}

    def _config(self) -> dict[str, Any]:
        import tomllib

        from kiwoomctl.config import paths

        path = paths.config_file(self._environ)
        if not os.path.isfile(path) or os.path.getsize(path) > _LARGEST_CONFIG:  # noqa: PTH113, PTH202 - pathlib is slow to import
            return {}
        with open(path, encoding="utf-8-sig") as text:  # noqa: PTH123 - as above
            return tomllib.loads(text.read())


class _Place:
    """What of a profile says where its files are."""

    def __init__(self, profile: Mapping[str, Any]) -> None:
        self.environment = profile.get("environment")
        self.url = profile.get("url")
