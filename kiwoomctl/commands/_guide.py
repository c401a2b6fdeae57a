"""Asking a person at the terminal: questions with defaults, and keys that nobody sees."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from kiwoomctl.context import Session
from kiwoomctl.errors import KiwoomctlError, UsageError
from kiwoomctl.locale import _, fill

if TYPE_CHECKING:
    from kiwoomctl.domain.enrolment import NewProfile

# A Korean keyboard gives these letters for y and n.
_YES: Final = frozenset({"y", "yes", "예", "네", "ㅛ"})
_NO: Final = frozenset({"n", "no", "아니오", "아니요", "ㅜ"})


class Guide:
    """A conversation on stderr; Enter takes what stands in brackets."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._output = session.output

    @property
    def columns(self) -> int:
        """The width of the terminal, which may change meanwhile."""
        return self._output.columns

    def say(self, text: str, first: str = "") -> None:
        """Tell one paragraph."""
        from kiwoomctl.render.prose import wrapped

        self._output.ask_about(wrapped(text, self.columns, first))

    def show(self, text: str) -> None:
        """Tell lines that are laid out already; "" for an empty one."""
        self._output.ask_about(text)

    def quote(self, text: str) -> None:
        """Tell lines of a file, each as it is where it has room."""
        from kiwoomctl.render.prose import quoted

        self._output.ask_about(quoted(text, self.columns))

    def run_next(self, *words: str) -> None:
        """Show a command to be run."""
        from kiwoomctl.render.prose import command

        self._output.ask_about(command((*program(), *words), self.columns))

    def fail(self, error: KiwoomctlError) -> None:
        """Tell what went wrong; the conversation goes on."""
        from kiwoomctl.render.out import error_line

        self.say(error_line(error))

    def choose(
        self,
        prompt: str,
        rows: Sequence[tuple[str, str]],
        default: str,
        marks: Sequence[str] | None = None,
    ) -> str:
        """Let one of these words be chosen, by itself or by its number.

        Args:
            prompt: what is asked for.
            rows: word and meaning.
            default: what Enter takes.
            marks: what stands before the words; None for 1, 2, 3.
        """
        from kiwoomctl.render import prose

        words = [word for word, _meaning in rows]
        marks = marks or [str(number) for number in range(1, len(words) + 1)]
        self.show(prose.choices(rows, self.columns, marks))

        def chosen(answer: str) -> str:
            if answer.lower() in words:
                return answer.lower()
            if answer.removesuffix("번") in marks:
                return words[marks.index(answer.removesuffix("번"))]
            # What is read on the screen may be typed too: the Korean word, or what it begins with.
            meant = [w for w, meaning in rows if answer == _(w) or meaning.startswith(answer)]
            if len(meant) == 1:
                return meant[0]
            raise UsageError(
                "{answer!r} is not one of them", hint="type its number, or the word", answer=answer
            )

        return self.ask(prompt, chosen, default)

    def ask(self, prompt: str, read: Callable[[str], str], default: str | None = "") -> str:
        """Ask until the answer can be read.

        Args:
            prompt: what is asked for.
            read: gives what the answer means; raises UsageError for one that means nothing.
            default: what Enter takes; None where something has to be said.
        """
        shown = f"{prompt} [{default}]: " if default else f"{prompt}: "
        while True:
            answer = self._line(shown)
            if not answer and default is not None:
                return default
            try:
                return read(answer)
            except UsageError as error:
                self.fail(error)

    def agrees(self, prompt: str) -> bool:
        """Ask for a yes, which Enter is too."""
        while True:
            answer = self._line(f"{prompt} [Y/n] ").lower()
            if not answer or answer in _YES:
                return True
            if answer in _NO:
                return False
            self.say(_("y for yes, n for no."))

    def _line(self, prompt: str) -> str:
        line = self._output.ask(prompt)
        if not line:
            self.show("")
            raise UsageError(
                "the answers ended early: nothing was written", code="confirmation_missing"
            )
        return line.strip()


def read_key(session: Session, *, from_stdin: bool) -> tuple[str, str]:
    """Return app key and secret key, from two lines of stdin or by hidden prompts.

    Raises:
        UsageError: nobody can be asked, or a value is missing or no key.
    """
    if from_stdin:
        lines = _lines_of_stdin()
        if len(lines) != 2:  # noqa: PLR2004 - app key and secret key
            raise UsageError(
                "--stdin got {count} lines, not two",
                hint="first line the app key, second line the secret key",
                code="secret_lines",
                count=len(lines),
            )
        return _checked(lines[0], lines[1])
    if not session.output.interactive:
        raise UsageError(
            "there is no terminal to ask for the key",
            hint="give two lines (app key, secret key) with --stdin",
            code="no_terminal",
        )
    pair = []
    with _unseen(session) as ask:
        for label in (_("App key"), _("Secret key")):
            pair.append(ask(f"{label}: ").strip())
            if not pair[-1]:
                raise UsageError(
                    "the app key or the secret key is empty",
                    hint="paste it at its prompt and press Enter; nothing of it is shown",
                    code="secret_lines",
                )
    return _checked(*pair)


@contextlib.contextmanager
def _unseen(session: Session) -> Iterator[Callable[[str], str]]:
    """Give what asks for one line that the terminal does not show.

    It stays dark between two questions: who pastes both lines at once has answered both, where
    getpass would throw the second away.
    """
    if sys.platform == "win32":  # pragma: no cover - needs Windows
        import getpass

        yield getpass.getpass
        return
    import termios

    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)

    def ask(prompt: str) -> str:
        line = session.output.ask(prompt)
        session.output.ask_about("")  # Enter was not shown either
        return line

    dark = [*before]
    dark[3] &= ~termios.ECHO
    try:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, dark)
        yield ask
    finally:
        termios.tcsetattr(terminal, termios.TCSAFLUSH, before)


def key_of_new(session: Session, new: NewProfile, *, from_stdin: bool = False) -> tuple[str, str]:
    """Return the key of a new profile; a person may see the simulator's, which is no secret.

    Raises:
        UsageError: as ``read_key``.
    """
    if from_stdin or new.environment != "sim" or not session.guides:
        return read_key(session, from_stdin=from_stdin)
    from kiwoomctl.simulator.demo import simulated_appkey, simulated_secretkey

    asking = Guide(session)
    return _checked(
        asking.ask(_("App key"), str, simulated_appkey(1)),
        asking.ask(_("Secret key"), str, simulated_secretkey(1)),
    )


def _checked(appkey: str, secretkey: str) -> tuple[str, str]:
    """Return a pair that could be one; what was typed is never told."""
    for label, value in (("App key", appkey), ("Secret key", secretkey)):
        if not (value.isascii() and value.isprintable()) or " " in value:
            raise UsageError(
                "{label}: letters, digits and signs without blanks are expected",
                hint="copy it once more from the broker's page, without spaces",
                code="secret_lines",
                label=_(label),
            )
    if appkey == secretkey:
        raise UsageError(
            "the app key and the secret key are the same",
            hint="give the one, then the other",
            code="secret_lines",
        )
    return appkey, secretkey


def _lines_of_stdin() -> list[str]:
    raw = b"" if sys.stdin is None else sys.stdin.buffer.read()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UsageError("--stdin is not UTF-8 text", code="secret_lines") from None
    return [line.strip() for line in text.splitlines() if line.strip()]


def program() -> tuple[str, ...]:
    """Return how this program is called here: by its name only where the shell finds it."""
    called = sys.argv[0]
    if os.path.basename(called) == "__main__.py":  # noqa: PTH119 - a plain text question
        return (sys.executable, "-m", "kiwoomctl")
    if shutil.which("kiwoomctl") or os.sep not in called:
        return ("kiwoomctl",)
    # Another terminal may be in another folder.
    return (os.path.abspath(called),)  # noqa: PTH100 - as above


def tell_next(session: Session, environment: str, name: str) -> None:
    """Say what can be done with an account that has just been signed in."""
    from kiwoomctl.render.prose import command, wrapped

    output = session.output
    output.note(wrapped(_("Try next:"), output.columns))
    chosen = ("-p", name) if session.taken_names() - {name} else ()
    for words in (("accounts",), ("cash", *chosen), ("summary", *chosen)):
        output.note(command((*program(), *words), output.columns))
    if environment == "real":
        told = _(
            "Orders with real money are possible from now on: set your limits first, [risk] in "
            "{path} (kiwoomctl help risk)."
        )
        output.note(wrapped(fill(told, {"path": session.config_path}), output.columns))


def tell_terms(session: Session) -> None:
    """Say whose a key is."""
    from kiwoomctl.render.prose import wrapped

    told = _("Each key is its owner's alone and may not be lent (Kiwoom's terms, article 5).")
    session.output.note(wrapped(told, session.output.columns))
