"""How ``doctor`` looks at this machine: everything it may ask, with nothing written."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kiwoomctl.config import paths

if TYPE_CHECKING:
    from kiwoomctl.context.choice import Choice
    from kiwoomctl.errors import ConfigError
    from kiwoomctl.services.diagnosis.examination import Machine
    from kiwoomctl.services.diagnosis.findings import CronView


def machine(session: Choice, *, on_terminal: bool) -> Machine:
    """Return what is to be looked at; from now on the session writes nothing."""
    from kiwoomctl.config import keyrings
    from kiwoomctl.database import SQLITE_VERSION
    from kiwoomctl.services.diagnosis.examination import Machine

    session.only_look()
    return Machine(
        config=session.config_origin,
        state=session.state_path,
        environ=session.environ,
        demo=session.demo,
        accounts=session.inspected_accounts,
        twins=lambda: _twins(session),
        cron=lambda names: _cron(session, names),
        keyrings=keyrings.usable,
        sqlite=SQLITE_VERSION,
        encoding=getattr(sys.stdout, "encoding", None) or "ascii",
        on_terminal=on_terminal,
    )


def _twins(session: Choice) -> Iterator[ConfigError]:
    from kiwoomctl.connection import doubles

    return doubles(session.inspected_accounts())


def _cron(session: Choice, names: Sequence[str]) -> CronView | None:
    from kiwoomctl.config import cron
    from kiwoomctl.services.diagnosis.findings import CronView

    if os.name != "posix":
        return None
    given = cron.environment(session.environ)
    return CronView(
        config=paths.config_file(given),
        state=Path(paths.state_folder(given)),
        keys=cron.ask(session.config_path, names, session.environ),
    )
