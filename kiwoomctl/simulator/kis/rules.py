"""What is not known of KIS's servers, or differs among them: each is a rule that a test may set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Rules:
    """The rules of one server; the defaults, of the class, are what most sources say."""

    old_ids: str = "work"
    """Whether the TRs of before 2025 ``work`` or are ``blocked``."""
    token_status: int = 500
    """The HTTP status of a refused token: 500, 401 or 200."""
    business_status: int = 200
    """The HTTP status of a business refusal: 200, 400 or 500."""
    empty_rt_cd: str = "0"
    """The ``rt_cd`` of a list without rows (KIOK0560): ``0`` or ``7``."""
    mock_tr_code: str = "EGW00213"
    """The ``msg_cd`` with which the mock server refuses a TR of the real one."""
    token_seconds: int = 60
    """Least seconds between two issues of a token; only where rates are limited."""
    same_token_hours: int = 6
    """So long an issue gives the token that was issued before."""
    zero_prices: bool = False
    """Whether the balance has price and value 0, as outside trading hours."""
    deposits_lag: bool = False
    """Whether the deposits of the balance leave out what was traded today."""
    realized: str = "gross"
    """Whether ``rlzt_pfls`` of a period is ``gross`` or ``net`` of commission and tax."""
    venue_key: str = "excg_id_dvsn_cd"
    """How the daily list writes the exchange's key: the table says ``excg_id_dvsn_Cd``."""
    blank_cncl_yn: bool = False
    """Whether ``cncl_yn`` is always empty."""
    zero_original: bool = False
    """Whether an order without an original has ``0000000000`` there, instead of nothing."""
    plain_names: bool = False
    """Whether no list says that an order modifies or cancels another one, only which."""
    expired_remain: bool = False
    """Whether an order that died at the end of the session keeps its ``rmn_qty``."""
    busy_every: int = 0
    """Every so many requests of the balance are refused with EGW00215; 0 for none."""
    refuse_every: int = 0
    """Every so many requests are refused with EGW00201 below the limit; 0 for none."""
    list_tail: str = "blank"
    """What stands behind the names in the files of all codes: ``blank``, or ``full`` fields."""
    notice_fields: int = 26
    """Fields of an order notice: 26, or 23 as before 2025."""
    trade_fields: int = 46
    """Fields of a live trade: 46, or 47 with MARKET_CLS_CODE at the end."""
    notice_copies: int = 1
    """How often each order notice is sent."""
    notices_backwards: bool = False
    """Whether the notices of one moment come in the wrong order."""
    notice_seconds: float = 0.0
    """How long an order notice is on its way."""
    notice_scope: str = "person"
    """Whether a login id hears of all accounts of its owner (``person``) or the key's (``key``)."""
    trades_per_frame: int = 5
    """So many trades of one moment share a frame."""
    registrations: int = 41
    """The most registrations of a session."""
    closes_second: bool = True
    """Whether a second session of a key is closed after it is refused."""
    ping_seconds: float = 10.0
    """Seconds between two PINGPONG frames."""
    silent_pings: int = 6
    """So many unanswered PINGPONG frames end a session."""

    def change(self, wanted: Mapping[str, Any]) -> None:
        """Set the rules that are named.

        Raises:
            ValueError: there is no such rule, or it takes other values.
        """
        known = self.values()
        for name, value in wanted.items():
            if name not in known:
                raise ValueError(f"unknown rule {name!r}; known: {', '.join(known)}")
            choices = _CHOICES.get(name)
            if choices is not None and value not in choices:
                raise ValueError(f"{name} must be one of {', '.join(map(str, choices))}")
            kind = type(known[name])
            if type(value) is not kind and not (kind is float and type(value) is int):
                raise ValueError(f"{name} must be a {kind.__name__}")
            if kind in (int, float) and value < 0:
                raise ValueError(f"{name} must be 0 or more")
        for name, value in wanted.items():
            setattr(self, name, value)

    def reset(self) -> None:
        """Bring back the defaults."""
        vars(self).clear()

    def values(self) -> dict[str, Any]:
        """Return what holds now, by the names of the rules."""
        return {name: getattr(self, name) for name in Rules.__annotations__}


_CHOICES: Mapping[str, tuple[Any, ...]] = {
    "old_ids": ("work", "blocked"),
    "token_status": (500, 401, 200),
    "business_status": (200, 400, 500),
    "empty_rt_cd": ("0", "7"),
    "realized": ("gross", "net"),
    "venue_key": ("excg_id_dvsn_cd", "excg_id_dvsn_Cd"),
    "list_tail": ("blank", "full"),
    "notice_fields": (26, 23),
    "trade_fields": (46, 47),
    "notice_scope": ("person", "key"),
}
