"""What buy, sell, modify and cancel share: reading numbers strictly, and asking the person."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer
from typer.core import TyperCommand

from kiwoomctl.commands import _order_input as given
from kiwoomctl.commands._common import one_of
from kiwoomctl.context import Session
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.orders import Exchange, Side
from kiwoomctl.errors import UsageError, nearest
from kiwoomctl.locale import _, fill

if TYPE_CHECKING:
    from kiwoomctl.ledger import Attempt
    from kiwoomctl.risk.verdicts import Question
    from kiwoomctl.services.orders.agreement import Manner
    from kiwoomctl.services.orders.order_results import OrderResult
    from kiwoomctl.services.orders.preview import Preview
    from kiwoomctl.services.orders.trading import Trading

EXCHANGES: Final = ("KRX", "NXT", "SOR")


class OrderCommand(TyperCommand):
    """A command whose arguments may look like ``-5``: our own check says what is wrong then."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # Typer's vendored Context
        """Refuse unknown options as usual, but let negative numbers through."""
        known = [*ctx.help_option_names, *(name for p in self.params for name in p.opts)]
        for word in args:
            name = word.partition("=")[0]
            letter = len(name) > 1 and name[0] == "-" and (name[1] == "-" or name[1].isalpha())
            if not letter or name in known or (name[1] != "-" and name[:2] in known):
                continue
            hint, near = nearest(name, known)
            raise UsageError("there is no option {name}", hint=hint, name=name, near=near)
        ctx.ignore_unknown_options = True
        return list(super().parse_args(ctx, args))


Price = Annotated[
    str | None,
    typer.Option("--price", metavar="P", show_default=False, help=_("KRW per share (limit)")),
]
Market = Annotated[bool, typer.Option("--market", help=_("at the market, without a price"))]
Type = Annotated[
    str | None,
    typer.Option(
        "--type", metavar="TYPE", show_default=False, help=_("order type; see help orders")
    ),
]
StopPrice = Annotated[
    str | None,
    typer.Option(
        "--stop-price", metavar="P", show_default=False, help=_("KRW that set a stop order off")
    ),
]
ExchangeName = Annotated[
    str | None,
    typer.Option(
        "--exchange", metavar="KRX|NXT|SOR", show_default=False, help=_("where; default KRX")
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        "--id", metavar="KEY", show_default=False, help=_("the same key never orders twice")
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help=_("confirm; covers warnings, no holds"))]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help=_("all reads and checks; nothing is sent or written"))
]
Allow = Annotated[
    list[str] | None,
    typer.Option(
        "--allow", metavar="CODE,..", show_default=False, help=_("go on in spite of these holds")
    ),
]
Settle = Annotated[
    float | None,
    typer.Option(
        "--settle",
        metavar="S",
        show_default=False,
        help=_("seconds to look for an order whose reply was lost (60)"),
    ),
]
KeepGoing = Annotated[
    bool, typer.Option("--keep-going", help=_("go on with other profiles after a failure"))
]


def manner_of(
    *,
    key: str | None = None,
    yes: bool = False,
    dry_run: bool = False,
    allow: Sequence[str] | None = None,
    settle: float | None = None,
    keep_going: bool = False,
    asks: bool = True,
) -> Manner:
    """Return the options of an order command, checked; raises UsageError."""
    from kiwoomctl.services.orders.agreement import Manner, allowed_codes

    return Manner(
        client_id=given.key_of(key),
        yes=yes,
        allowed=allowed_codes(allow or ()),
        dry_run=dry_run,
        settle=given.seconds_of(settle),
        keep_going=keep_going,
        asks=asks,
    )


class AtTerminal:
    """The person who gave the command."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._output = session.output

    @property
    def is_there(self) -> bool:
        """Whether somebody can be asked."""
        return self._output.interactive

    def shown(self, previews: Sequence[Preview], *, asking: bool) -> None:
        """Show what would be sent, before any question."""
        from kiwoomctl.render.order_preview import preview_text

        text = preview_text(previews, demo=self._session.demo)
        if asking:
            self._output.ask_about(text)
        else:
            self._output.note(text)

    def agrees(self, asked: Question, previews: Sequence[Preview]) -> bool:
        """Ask for a yes, or for the names of the profiles."""
        from kiwoomctl.services.orders.agreement import is_answered, wants_name

        names = ",".join(dict.fromkeys(shown.profile for shown in previews))
        if wants_name(asked):
            text = fill("type {names} to send it all the same: ", {"names": names})
        elif all(shown.terms.action == "cancel" for shown in previews):
            count = len(previews)
            text = fill("cancel these {count} orders? [y/N] ", {"count": count})
            text = text if count > 1 else _("cancel it? [y/N] ")
        else:
            text = _("send it? [y/N] ")
        return is_answered(asked, self._output.ask(text), names)

    def waits(self, attempt: Attempt, seconds: float) -> None:
        """Tell that evidence is gathered."""
        self._output.progress(
            fill(
                "{attempt}: the reply was lost, looking for the order ({seconds:.0f} s)",
                {"attempt": attempt.id, "seconds": seconds},
            )
        )


def place(
    session: Session,
    manner: Manner,
    action: Literal["buy", "sell"],
    code: str,
    qty: str,
    *,
    price: str | None,
    market: bool,
    named: str | None,
    stop_price: str | None,
    exchange: str | None,
) -> None:
    """Check a buy or sell offline, place it in the chosen accounts, and write the report."""
    from kiwoomctl.services.orders.order_terms import Wish

    limit, stop = given.price_of("--price", price), given.price_of("--stop-price", stop_price)
    whole = action == "sell" and qty.strip().lower() == "all"
    wish = Wish(
        action=action,
        symbol=Symbol.parse(code),
        type=given.type_of(limit, market=market, named=named, stop_price=stop),
        quantity=None if whole else given.quantity_of(qty),
        price=limit,
        stop_price=stop,
        exchange=_exchange(session, exchange),
    )
    accounts = session.trading_accounts()
    for account in accounts:
        account.require_order(wish.exchange, wish.type)
    _run(session, manner, lambda trading: trading.place(accounts, wish))


def change(
    session: Session,
    manner: Manner,
    action: Literal["modify", "cancel"],
    orders: Sequence[str],
    *,
    price: str | None = None,
    stop_price: str | None = None,
) -> None:
    """Check a modify or cancel offline, send it, and write the report."""
    from kiwoomctl.services.orders.order_terms import Wish

    new, stop = given.price_of("--price", price), given.price_of("--stop-price", stop_price)
    if action == "modify" and new is None:
        raise UsageError("modify needs the new --price", code="price_missing")
    named = list(dict.fromkeys(given.order_named(order) for order in orders))
    if manner.client_id is not None and len(named) > 1:
        raise UsageError("--id is for one order, not {count}", code="id_many", count=len(named))
    account = session.account_of_orders(named)
    wishes = [Wish(action=action, order=order, price=new, stop_price=stop) for order in named]
    _run(session, manner, lambda trading: trading.change(account, wishes))


def cancel_all(session: Session, manner: Manner, symbol: Symbol | None, side: str | None) -> None:
    """Cancel every open order of the chosen accounts, and write the report."""
    if manner.client_id is not None:
        raise UsageError("--id is for one order, not for --all", code="id_many")
    accounts = session.trading_accounts(may_be_all=True)
    wanted: Side | None = None if side is None else "buy" if side == "buy" else "sell"
    _run(
        session,
        manner,
        lambda trading: trading.cancel_all(accounts, symbol, wanted),
        empty="no open orders",
    )


def _exchange(session: Session, named: str | None) -> Exchange:
    name = session.config.exchange if named is None else given.not_empty("--exchange", named)
    return one_of("--exchange", name.strip().upper(), EXCHANGES)  # type: ignore[return-value]  # one of them


def _run(
    session: Session,
    manner: Manner,
    work: Callable[[Trading], list[OrderResult]],
    empty: str = "no orders",
) -> None:
    """Do an order command's work with its signals caught, and write its report."""
    from kiwoomctl.interrupts import Interrupts
    from kiwoomctl.render import placement
    from kiwoomctl.services.orders.trading import Trading

    session.check_fields(placement.ORDER)
    in_flight = _("{attempt} is in flight: waiting for the broker's reply (^C again gives up)")
    with Interrupts() as interrupts:
        trading = Trading(
            session.enabled_accounts(),
            manner,
            AtTerminal(session),
            session.clock,
            interrupts,
            in_flight,
        )
        results = work(trading)
        interrupts.finish()
        session.reported |= {row.attempt.id for row in results if row.attempt is not None}
        session.emit(
            placement.orders("order", results, session.now(), demo=session.demo, empty=empty)
        )


def tell_resolved(session: Session, work: Callable[[], list[OrderResult]]) -> None:
    """Do the work of ``resolve``, where any signal leaves things as they are, and report it."""
    from kiwoomctl.errors import UnknownOutcome
    from kiwoomctl.interrupts import Interrupts, Stopped
    from kiwoomctl.render import placement

    session.check_fields(placement.ORDER)
    with Interrupts() as interrupts:
        try:
            results = work()
        except Stopped:
            raise UnknownOutcome(
                "stopped: the orders stay UNKNOWN", hint="kiwoomctl resolve goes on"
            ) from None
        interrupts.finish()
    session.reported |= {row.attempt.id for row in results if row.attempt is not None}
    session.emit(
        placement.orders(
            "resolve", results, session.now(), demo=session.demo, empty="no open outcomes"
        )
    )
