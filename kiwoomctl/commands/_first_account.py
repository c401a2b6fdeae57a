"""The conversation that adds an account: what is asked, what is told, and then what is written.

Nothing is written, and no folder is made, before the person has seen and confirmed it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiwoomctl.commands import _guide as guide
from kiwoomctl.commands._guide import Guide
from kiwoomctl.context import Session
from kiwoomctl.domain.enrolment import KeySource, NewProfile, free_name, usual_source
from kiwoomctl.errors import (
    Busy,
    ConfigError,
    SignInError,
    Unavailable,
    UsageError,
)
from kiwoomctl.locale import _, fill, told

if TYPE_CHECKING:
    from kiwoomctl.brokers.port_enrolment import Enrolment

_AGAIN = (SignInError, Busy, Unavailable, ConfigError, UsageError)
"""What another try may mend."""


def add_account(session: Session) -> None:
    """Ask for all of a new profile, show it, and write it, with its key where that is at hand.

    Raises:
        UsageError: it was not confirmed.
        ConfigError: profiles.toml cannot be written.
    """
    session.check_config_place(first=False)
    asking = Guide(session)
    asking.say(
        _(
            "An account in a few questions. Enter takes what stands in [ ], ^C stops. Nothing "
            "is written before you have seen and confirmed it."
        )
    )
    new, terms = _asked(asking)
    asking.show("")
    _tell_steps(asking, terms, new)
    asking.show("")
    at_hand = _is_at_hand(asking, new)
    _confirm(asking, new, at_hand=at_hand)
    if at_hand:
        _sign_in(asking, new, terms)
        return
    from kiwoomctl.render import reports

    session.write_profile(new)
    session.emit(reports.written(session.config_path, session.now()))
    asking.say(_("When you have the key:"))
    asking.run_next("login", str(new.name))


def _asked(asking: Guide) -> tuple[NewProfile, Enrolment]:
    """Return the answers, each of which could be written, and what its house needs."""
    from kiwoomctl.domain.identity import ProfileName

    session = asking.session
    asking.show("")
    titles = [(name, told(session.enrolment(name, "mock").title)) for name in session.houses]
    broker = asking.choose(_("broker"), titles, session.houses[0])
    asking.show("")
    environment = asking.choose(
        _("environment"),
        [
            ("mock", _("the broker's mock investment (모의투자), no real money: begin here")),
            ("real", _("real money")),
            ("sim", _("the simulator of kiwoomctl, all of it invented")),
        ],
        "mock",
    )
    terms = session.enrolment(broker, environment)
    asking.show("")
    asking.say(_("The owner's name is only shown, to tell accounts apart; Enter leaves it out."))
    owner = asking.ask(_("owner"), _printable)
    asking.show("")
    asking.say(_("The profile's name is what you type to choose this account (-p NAME)."))
    name = asking.ask(
        _("profile name"), lambda text: _free(session, text), free_name(session.taken_names())
    )
    new = NewProfile(
        name=ProfileName.parse(name),
        broker=broker,
        environment=environment,  # type: ignore[arg-type]  # one of the choices
        source=KeySource(usual_source(environment)),
        owner=owner or None,
    )
    if terms.asks_account:
        asking.show("")
        asking.say(_("The account number: eight digits, a dash and the two of the product."))
        new = new._replace(account=_account(asking, new, None))
    if terms.asks_hts_id:
        asking.show("")
        asking.say(_("The owner's id at the broker's own program, for live order notices."))
        new = new._replace(hts_id=asking.ask(_("HTS id"), _printable) or None)
    if environment == "sim":
        asking.show("")
        asking.say(
            _("Where `kiwoomctl sim serve` answers: the url it printed. Enter: inside kiwoomctl.")
        )
        url = asking.ask(_("url"), lambda text: _possible(session, new._replace(url=text), text))
        new = new._replace(url=url or None)
    else:
        new = new._replace(source=_source(asking, new))
    session.check_new(new)
    return new, terms


def _printable(text: str) -> str:
    if not text.isprintable():
        raise UsageError("{answer!r} has characters that cannot be shown", answer=text)
    return text


def _free(session: Session, text: str) -> str:
    """Return a profile's name that no other one has; raises UsageError."""
    from kiwoomctl.domain.identity import ProfileName

    name = ProfileName.parse(text)
    if name in session.taken_names():
        raise UsageError("profile {name!r} is there already", hint="choose another name", name=text)
    return name


def _possible(session: Session, new: NewProfile, text: str) -> str:
    """Return the text if a profile may say it; raises UsageError."""
    session.check_values(new)
    return text


def _account(asking: Guide, new: NewProfile, default: str | None) -> str:
    def read(text: str) -> str:
        number = asking.session.account_number(new.broker, text)
        return _possible(asking.session, new._replace(account=number), number)

    return asking.ask(_("account number"), read, default)


def _source(asking: Guide, new: NewProfile) -> KeySource:
    """Return where the key is to be kept; the keyring is offered only where there is one."""
    session = asking.session
    asking.show("")
    path = session.free_key_file(new.name)
    rows = [
        ("keyring", _("this computer's own keyring, encrypted: the usual choice")),
        ("file", fill("a file that only you can read (0600): {path}", {"path": path})),
        ("command", _("a password manager prints it, two lines: you give the command")),
    ]
    problem = session.keyring_problem(new)
    if problem is not None:
        rows = rows[1:]
        asking.say(fill(problem.message, problem.values))
    asking.say(_("Where the key is kept; it never stands in profiles.toml itself."))
    kind = asking.choose(_("keep the key in"), rows, rows[0][0])
    if kind == "file":
        return KeySource("file", path)
    if kind == "command":
        return KeySource(
            "command", asking.ask(_("command"), lambda text: _command(session, new, text), None)
        )
    return KeySource(kind)


def _command(session: Session, new: NewProfile, text: str) -> str:
    source = KeySource.parse(f"command:{text}")
    return _possible(session, new._replace(source=source), source.value)


def _tell_steps(asking: Guide, terms: Enrolment, new: NewProfile) -> None:
    """Tell where the key is had from, and whose it is."""
    if new.environment == "sim":
        asking.say(_("The simulator's keys are no secrets; Enter takes those of its account 1."))
        return
    asking.say(_("Where the key comes from:"))
    for number, step in enumerate(terms.steps, start=1):
        asking.say(told(step), f"  {number}. ")
    guide.tell_terms(asking.session)


def _is_at_hand(asking: Guide, new: NewProfile) -> bool:
    """Return whether the key can be proven now; the simulator's always can."""
    if new.environment == "sim":
        return True
    if new.takes_key:
        answer = asking.agrees(_("do you have the key at hand?"))
    else:
        answer = asking.agrees(_("does the command give the key already?"))
    asking.show("")
    return answer


def _confirm(asking: Guide, new: NewProfile, *, at_hand: bool) -> None:
    """Show what is going to be written; raises UsageError where that is not wanted."""
    path = {"path": asking.session.config_path}
    if at_hand:
        text = fill("As soon as the key is proven, this is added to {path}:", path)
    else:
        text = fill("This is added to {path}:", path)
    asking.say(text)
    asking.quote(asking.session.block_of(new))
    if not asking.agrees(_("write it?")):
        raise UsageError("not confirmed: nothing was written", code="not_confirmed")


def _sign_in(asking: Guide, new: NewProfile, terms: Enrolment) -> None:
    """Take the key, prove it and write the profile; what fails may be tried again."""
    from kiwoomctl.render import reports

    session = asking.session
    key: tuple[str, str] | None = None
    while True:
        try:
            if new.takes_key and key is None:
                key = guide.key_of_new(session, new)
            with session.output.busy(_("asking the broker")):
                row = session.enrol(new, key)
            break
        except _AGAIN as error:
            asking.fail(error)
            if not asking.agrees(_("try again?")):
                session.exit_code = error.exit_code
                asking.say(_("Nothing was written. The same without the questions:"))
                asking.run_next("login", *session.words_of(new))
                return
            before = new.account
            if error.code == "account_differs" and terms.asks_account:
                new = new._replace(account=_account(asking, new, before))
            if new.account == before and not error.safe_to_retry:
                key = None  # what is wrong can only be the key
    session.emit(reports.registry("login", [row], [], session.now()))
    guide.tell_next(session, new.environment, str(new.name))


def choose_profile(session: Session) -> str | None:
    """Let one of the profiles be chosen to sign in; None for a new account."""
    asking = Guide(session)
    asking.say(_("Which account is to be signed in?"))
    rows, signed_out = [], []
    for account in session.registered():
        state = account.token_status()[0]
        if state != "valid":
            signed_out.append(str(account.name))
        parts = (
            account.broker_name,
            _(account.environment),
            _("signed in") if state == "valid" else _("not signed in"),
            account.owner or "",
        )
        rows.append((str(account.name), " · ".join(part for part in parts if part)))
    marks = [*(str(number) for number in range(1, len(rows) + 1)), " "]
    rows.append(("+", _("another account")))
    chosen = asking.choose(_("profile name"), rows, next(iter(signed_out), rows[0][0]), marks)
    return None if chosen == "+" else chosen
