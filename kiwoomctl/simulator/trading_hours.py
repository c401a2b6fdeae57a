"""When the exchanges take orders, trade them and end them.

The mock server has one session, from 09:00:00 to 15:30:30. The real one has KRX
with its auctions, closing-price and single-price sessions (since 2026-09-14 an
after-market in the place of the latter) and NXT with its three markets. A SOR
order goes wherever the other two would take it.

Where sources disagree: orders at the closing price (81) are taken from 15:30 to
16:00 on either side of 2026-09-14.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from kiwoomctl.domain.clock import KST
from kiwoomctl.domain.sessions import (
    EXAM_DAYS,
    Session,
    is_trading_day,
    next_trading_day,
    session_at,
)
from kiwoomctl.simulator.instruments import Instrument
from kiwoomctl.simulator.orders import (
    CONDITIONAL,
    FIXED_PRICE_TYPES,
    LIMIT,
    MARKET,
    MARKET_TYPES,
    POST_CLOSE,
    PRE_CLOSE,
    SINGLE_PRICE,
    OrderRefused,
    Reason,
)

_HOUR = timedelta(hours=1)
_INSTANT = timedelta(microseconds=1)
_MOCK_OPEN, _MOCK_CLOSE = time(9, 0), time(15, 30, 30)
_PRE_CLOSE_END = time(8, 40)
_SOR_MARKET_FROM = time(8, 30)
_FIXED_PRICE_FROM = time(15, 40)
_SINGLE_PRICE_MINUTES = 10
_LIMIT_FAMILY = frozenset({"0", "10", "20"})
_AUCTION_TYPES = frozenset({LIMIT, MARKET, CONDITIONAL})
_ONLY_KRX = frozenset({CONDITIONAL, SINGLE_PRICE}) | FIXED_PRICE_TYPES | MARKET_TYPES
_AUCTIONS = frozenset({Session.OPENING_AUCTION, Session.CLOSING_AUCTION})
_CONTINUOUS = {
    "KRX": frozenset({Session.CONTINUOUS, Session.AFTER_MARKET}),
    "NXT": frozenset({Session.PRE_MARKET, Session.CONTINUOUS, Session.AFTER_MARKET}),
}
_BOUNDARIES = tuple(
    sorted(
        {
            *(time(8, minute) for minute in (0, 30, 40, 50)),
            time(9, 0),
            time(9, 0, 30),
            time(10, 0),
            *(time(15, minute) for minute in (20, 30, 40)),
            _MOCK_CLOSE,
            *(
                time(16 + minutes // 60, minutes % 60)
                for minutes in range(0, 130, _SINGLE_PRICE_MINUTES)
            ),
            time(20, 0),
        }
    )
)


def check_hours(
    environment: str, exchange: str, order_type: str, instrument: Instrument, moment: datetime
) -> None:
    """Let a new or modified order pass.

    Raises:
        OrderRefused: the exchange does not take it at this moment.
    """
    if environment == "mock":
        check_mock_hours(moment)
        if order_type in FIXED_PRICE_TYPES or order_type == SINGLE_PRICE:
            raise OrderRefused(Reason.NOT_OFFERED)
        return
    if not is_trading_day(moment.date()):
        raise OrderRefused(Reason.CLOSED_DAY)
    if exchange == "KRX":
        _check_krx(order_type, instrument, moment)
    elif exchange == "NXT":
        _check_nxt(order_type, instrument, moment)
    else:
        _check_sor(order_type, instrument, moment)


def check_session(
    environment: str, session: str, exchange: str, instrument: Instrument, moment: datetime
) -> None:
    """Let a new order pass that is for one session only.

    Raises:
        OrderRefused: it is another session, or what is traded has no part in it.
    """
    if environment == "mock":
        check_mock_hours(moment)
        raise OrderRefused(Reason.NOT_OFFERED)
    if not is_trading_day(moment.date()):
        raise OrderRefused(Reason.CLOSED_DAY)
    if not instrument.is_taxed:
        raise OrderRefused(Reason.NOT_TRADED_HERE)
    if session_at(moment, "NXT" if exchange == "NXT" else "KRX").value != session:
        raise OrderRefused(Reason.TYPE_NOT_NOW)


def check_mock_hours(moment: datetime) -> None:
    """Let anything that the mock server's order desk does pass.

    Raises:
        OrderRefused: the desk is closed.
    """
    if not is_trading_day(moment.date()):
        raise OrderRefused(Reason.CLOSED_DAY)
    if _clock(moment) < _MOCK_OPEN or session_at(moment) in (
        Session.BEFORE_OPEN,
        Session.OPENING_AUCTION,
    ):
        raise OrderRefused(Reason.BEFORE_OPEN)
    if _clock(moment) > _MOCK_CLOSE:
        raise OrderRefused(Reason.AFTER_CLOSE)


def expiry(environment: str, exchange: str, order_type: str, moment: datetime) -> datetime:
    """Return the moment at which an order taken now dies unfilled."""
    day = moment.date()
    if environment == "mock":
        return _at(day, _MOCK_CLOSE)
    if order_type == PRE_CLOSE:
        return _at(day, _PRE_CLOSE_END)
    if order_type == POST_CLOSE:
        return _at(day, time(16, 0))
    session = session_at(moment, "NXT" if exchange == "NXT" else "KRX")
    if session is Session.PRE_MARKET:
        return _at(day, time(8, 50))
    if session is Session.AFTER_MARKET:
        return _at(day, time(20, 0))
    if session is Session.SINGLE_PRICE:
        return _at(day, time(18, 0))
    if exchange == "SOR" and session is Session.POST_CLOSE:
        return _at(day, time(20, 0))
    return _at(day, time(15, 20) if exchange == "NXT" else time(15, 30))


def trades_now(exchange: str, moment: datetime) -> bool:
    """Tell whether an exchange trades continuously; SOR does when either does."""
    venues = ("KRX", "NXT") if exchange == "SOR" else (exchange,)
    return any(session_at(moment, venue) in _CONTINUOUS[venue] for venue in venues)


def auction_ends(moment: datetime) -> Session | None:
    """Return the auction of KRX that ends at exactly this moment, if one does."""
    before = session_at(moment - _INSTANT)
    return before if before in _AUCTIONS and session_at(moment) is not before else None


def opens(moment: datetime) -> bool:
    """Tell whether continuous trading of KRX or NXT begins at exactly this moment."""
    return any(
        session_at(moment, venue) in _CONTINUOUS[venue]
        and session_at(moment - _INSTANT, venue) is not session_at(moment, venue)
        for venue in ("KRX", "NXT")
    )


def fixed_price_trades(order_type: str, moment: datetime) -> bool:
    """Tell whether orders at a close, or single-price orders, are executed at this moment."""
    if order_type == PRE_CLOSE:
        return session_at(moment) is Session.OPENING_AUCTION
    if order_type == POST_CLOSE:
        return session_at(moment) is Session.POST_CLOSE and _clock(moment) >= _FIXED_PRICE_FROM
    calls = moment.minute % _SINGLE_PRICE_MINUTES == 0 and moment.second == 0
    return calls and session_at(moment - _INSTANT) is Session.SINGLE_PRICE


def next_boundary(after: datetime) -> datetime:
    """Return the first moment after this one at which a session may change."""
    day = after.date()
    if is_trading_day(day):
        for boundary in _BOUNDARIES:
            moment = _at(day, boundary)
            if moment > after:
                return moment
    return _at(next_trading_day(day), _BOUNDARIES[0])


def _check_krx(order_type: str, instrument: Instrument, moment: datetime) -> None:
    session = session_at(moment)
    if session is Session.BEFORE_OPEN:
        raise OrderRefused(Reason.BEFORE_OPEN)
    if session is Session.CLOSED:
        raise OrderRefused(Reason.AFTER_CLOSE)
    if session is Session.POST_CLOSE:
        if order_type != POST_CLOSE:
            raise OrderRefused(Reason.NOT_POSSIBLE)
        return
    if not _is_type_of(session, order_type, instrument, moment):
        raise OrderRefused(Reason.TYPE_NOT_NOW)


def _is_type_of(
    session: Session, order_type: str, instrument: Instrument, moment: datetime
) -> bool:
    """Tell whether a session of KRX takes orders of this type."""
    if order_type == PRE_CLOSE:
        return session is Session.OPENING_AUCTION and _clock(moment) < _PRE_CLOSE_END
    if session is Session.OPENING_AUCTION:
        return order_type in _AUCTION_TYPES
    if session is Session.CLOSING_AUCTION:
        return order_type in _AUCTION_TYPES and order_type != CONDITIONAL
    if session is Session.SINGLE_PRICE:
        return order_type == SINGLE_PRICE
    if session is Session.AFTER_MARKET:
        # Funds and notes stay out of the after-market at its beginning.
        return order_type == LIMIT and instrument.is_taxed
    return order_type not in FIXED_PRICE_TYPES and order_type != SINGLE_PRICE


def _check_nxt(order_type: str, instrument: Instrument, moment: datetime) -> None:
    if not instrument.is_taxed:
        raise OrderRefused(Reason.NOT_TRADED_HERE)
    if order_type in _ONLY_KRX:
        raise OrderRefused(Reason.TYPE_NOT_HERE)
    session = session_at(moment, "NXT")
    if session is Session.BEFORE_OPEN:
        early = _clock(moment) < time(8, 0)
        raise OrderRefused(Reason.BEFORE_OPEN if early else Reason.PAUSE)
    if session is Session.POST_CLOSE:
        raise OrderRefused(Reason.PAUSE)
    if session is Session.CLOSED:
        raise OrderRefused(Reason.AFTER_CLOSE)
    if session is not Session.CONTINUOUS and order_type not in _LIMIT_FAMILY:
        raise OrderRefused(Reason.TYPE_NOT_NOW)


def _check_sor(order_type: str, instrument: Instrument, moment: datetime) -> None:
    if order_type in MARKET_TYPES and _clock(moment) < _SOR_MARKET_FROM:
        raise OrderRefused(Reason.SOR_MARKET_EARLY)
    try:
        _check_krx(order_type, instrument, moment)
    except OrderRefused as by_krx:
        try:
            _check_nxt(order_type, instrument, moment)
        except OrderRefused:
            raise by_krx from None


def _at(day: date, clock: time) -> datetime:
    moment = datetime.combine(day, clock, KST)
    return moment + _HOUR if day in EXAM_DAYS else moment


def _clock(moment: datetime) -> time:
    """Return the time of day as the timetables count it."""
    return (moment - _HOUR if moment.date() in EXAM_DAYS else moment).time()
