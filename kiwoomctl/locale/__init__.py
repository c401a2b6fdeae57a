"""The user's language: which one, and every text in it.

English texts are the keys; Korean stands in a gettext catalogue. One process speaks one
language, chosen before anything is said. Imports stay minimal: ``--help`` goes through here.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # importing typing, or collections.abc, would be a tenth of --help
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

LANGUAGES = ("en", "ko")
VARIABLE = "KIWOOMCTL_LANG"
_KOREAN_PRIMARY_LANGUAGE = 0x12

_language = "en"
_lookup: Callable[[str], str] | None = None


def activate(language: str) -> None:
    """Speak this language from now on."""
    global _language, _lookup  # noqa: PLW0603 - a process speaks one language
    _language = language
    _lookup = None
    if language != "en":
        import gettext

        folder = os.path.dirname(__file__)  # noqa: PTH120 - pathlib is slow to import
        _lookup = gettext.translation("kiwoomctl", folder, [language], fallback=True).gettext


def language() -> str:
    """Return the active language, ``en`` or ``ko``."""
    return _language


def _(text: str) -> str:
    """Return the text in the active language."""
    return _lookup(text) if _lookup is not None and text else text


def fill(template: str, values: Mapping[str, object]) -> str:
    """Return a translated template with its values, phrases inside translated too."""
    if not values:
        return _(template).format()
    return _(template).format(**{name: told(value) for name, value in values.items()})


def told(value: object) -> Any:
    """Return a Phrase as text of the active language, anything else as it is."""
    template = getattr(value, "template", None)
    if template is None:
        return value
    return fill(template, value.values)  # type: ignore[attr-defined]  # it is a Phrase


def help_screen(language: str) -> str:
    """Return the ready text of ``kiwoomctl --help``, made from the real one."""
    path = f"{os.path.dirname(__file__)}/help.{language}.txt"  # noqa: PTH120 - as above
    with open(path, encoding="utf-8") as text:  # noqa: PTH123 - as above
        return text.read()


def choose(argv: Sequence[str], environ: Mapping[str, str], config_file: str) -> str:
    """Return the language: ``--lang``, the variable, the config, the system, English."""
    for index, word in enumerate(argv):
        if word == "--lang" and index + 1 < len(argv) and argv[index + 1] in LANGUAGES:
            return argv[index + 1]
        if word.startswith("--lang=") and word[7:] in LANGUAGES:
            return word[7:]
    if environ.get(VARIABLE) in LANGUAGES:
        return environ[VARIABLE]
    return _config_language(config_file) or _system_language(environ)


def _config_language(config_file: str) -> str | None:
    # The whole TOML reader costs more than all of --help; top-level keys stand before any table.
    try:
        with open(config_file, encoding="utf-8-sig") as lines:  # noqa: PTH123 - as above
            for line in lines:
                key, equals, value = line.partition("=")
                if key.lstrip().startswith("["):
                    return None
                if equals and key.strip() == "lang":
                    word = value.split("#")[0].strip().strip("\"'")
                    return word if word in LANGUAGES else None
    except (OSError, UnicodeDecodeError):
        return None
    return None


def _system_language(environ: Mapping[str, str]) -> str:
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environ.get(variable)
        if value:
            return "ko" if value.lower().startswith("ko") else "en"
    if sys.platform == "win32":  # pragma: no cover - needs Windows
        import ctypes

        identifier = ctypes.windll.kernel32.GetUserDefaultUILanguage()
        return "ko" if identifier & 0x3FF == _KOREAN_PRIMARY_LANGUAGE else "en"
    return "en"
