"""Where kiwoomctl keeps its files, on every platform, with the user's overrides.

Linux follows the XDG rules by hand: ``--help`` must know the config's language, and
importing platformdirs costs twice a bare interpreter start. A test holds both equal.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # importing typing would cost --help more than it is worth
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

APP = "kiwoomctl"
CONFIG_VARIABLE = "KIWOOMCTL_CONFIG"
STATE_VARIABLE = "KIWOOMCTL_STATE_DIR"


def config_file(environ: Mapping[str, str]) -> str:
    """Return the path of profiles.toml."""
    chosen = environ.get(CONFIG_VARIABLE)
    if chosen:
        return chosen
    return os.path.join(_folder(environ, "XDG_CONFIG_HOME", ".config"), "profiles.toml")  # noqa: PTH118 - pathlib is too slow to import for --help


def language_file(environ: Mapping[str, str]) -> str:
    """Return the file that may name the language; an empty one where there is no home."""
    try:
        return config_file(environ)
    except Exception:  # noqa: BLE001 - help is there all the same
        return os.devnull


def state_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder of ledger, pins, tokens, locks, rate files and the demo."""
    from pathlib import Path

    chosen = environ.get(STATE_VARIABLE)
    return Path(chosen or _folder(environ, "XDG_STATE_HOME", ".local/state"))


def _folder(environ: Mapping[str, str], variable: str, below_home: str) -> str:
    if sys.platform == "linux":
        base = environ.get(variable, "")
        # The XDG rules: a relative path counts as none.
        if not os.path.isabs(base):  # noqa: PTH117 - as above
            base = os.path.join(_home(environ), below_home)  # noqa: PTH118 - as above
        return os.path.join(base, APP)  # noqa: PTH118 - as above
    import platformdirs

    if variable == "XDG_CONFIG_HOME":
        return platformdirs.user_config_dir(APP, appauthor=False)
    return platformdirs.user_state_dir(APP, appauthor=False)


def _home(environ: Mapping[str, str]) -> str:
    home = environ.get("HOME", "")
    if os.path.isabs(home) or sys.platform == "win32":  # noqa: PTH117 - as above
        return home
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        from kiwoomctl.errors import ConfigError

        raise ConfigError(
            "this user has no home folder",
            hint="set HOME, or KIWOOMCTL_CONFIG and KIWOOMCTL_STATE_DIR",
            code="no_home",
        ) from None
