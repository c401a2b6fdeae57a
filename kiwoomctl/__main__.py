"""Start: answer ``--version``, ``--help`` and TAB at once, and hand everything else to the app.

These come from ready texts, without Typer: they cost hardly more than a bare interpreter start.
"""

from __future__ import annotations

import gc
import os
import sys

from kiwoomctl import __version__

_GARBAGE = 100_000
"""Objects that may be made before unused ones are looked for.

What is imported stays, so looking through it finds nothing and takes a tenth of a short command.
One command makes fewer; one that runs for hours is looked through as it should be.
"""


def main() -> None:
    """Run kiwoomctl and exit with its code."""
    argv = sys.argv[1:]
    # A stream that the shell closed is none for Python; what is written there is not missed.
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - open for good
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - as above
    if argv == ["--version"]:
        _say(f"kiwoomctl {__version__}\n")
    elif argv in ([], ["--help"], ["-h"]) and not _is_narrow():
        from kiwoomctl import locale
        from kiwoomctl.config.paths import language_file

        language = locale.choose(argv, os.environ, language_file(os.environ))
        _say(locale.help_screen(language))
    elif argv[:1] == ["__complete"]:
        from kiwoomctl.completion import answer

        answer(argv[1:])
    else:
        gc.set_threshold(_GARBAGE)
        from kiwoomctl.app import run

        run(argv or ["--help"])


def _is_narrow() -> bool:
    """Tell whether a terminal would break the lines of the ready text, which are for 80 cells."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns in range(1, 80)
    except (OSError, ValueError):
        return False


def _say(text: str) -> None:
    try:
        sys.stdout.buffer.write(text.encode())
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os._exit(0)  # a reader that left early is no error
    except OSError as error:
        sys.stderr.write(f"error: cannot write the output: {error.strerror}\n")
        os._exit(8)


if __name__ == "__main__":
    main()
