"""The broker's APIs as it documents them, and what a request must be before it is sent.

Labels, names, groups and units are the broker's own Korean words. Nothing here calls anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from kiwoomctl.errors import UsageError

if TYPE_CHECKING:
    from datetime import date

Market = Literal["domestic", "us", "sign-in"]
MARKETS: Mapping[str, Market] = {"국내주식": "domestic", "미국주식": "us", "OAuth 인증": "sign-in"}
"""The broker's word of a market, and ours."""

GROUPS: Mapping[str, str] = {
    "계좌": "account",
    "주문": "order",
    "신용주문": "credit-order",
    "시세": "quote",
    "종목정보": "stock",
    "순위정보": "ranking",
    "차트": "chart",
    "업종": "sector",
    "기관/외국인": "investor",
    "대차거래": "lending",
    "공매도": "short-selling",
    "관심종목": "watchlist",
    "테마": "theme",
    "ELW": "elw",
    "ETF": "etf",
    "환전": "currency",
    "투자정보": "research",
    "실시간시세": "realtime",
    "조건검색": "condition",
    "접근토큰발급": "token",
    "접근토큰폐기": "token",
}
"""The broker's word of a group, and ours."""

_ORDER_PATHS = ("/api/dostk/ordr", "/api/dostk/crdordr", "/api/us/ordr")
_READS_AMONG_ORDERS = frozenset({"ust31490"})
"""Buying power abroad; anything else on those paths is taken for an order."""
_OTHER_MONEY = frozenset({"ust31302"})
"""What moves money on a path that is otherwise one of reads."""
_ORDER_COMMANDS = {"kt10000": "buy", "kt10001": "sell", "kt10002": "modify", "kt10003": "cancel"}
_NEAR = 3
_LONG_ID = 5


class Field(NamedTuple):
    """One field of a request or of a reply."""

    name: str
    label: str
    required: bool = False
    length: str = ""
    """The documented length; empty where none is, and often not the real one."""
    unit: str = ""
    depth: int = 0
    """0 for the body, 1 for a row of its list, 2 for a list within that."""
    is_list: bool = False
    values: Mapping[str, str] = {}
    """The documented values and what they mean; empty where any may be sent."""


class ApiTitle(NamedTuple):
    """One API without its fields."""

    id: str
    name: str
    english: str
    category: str
    korean_group: str
    transport: Literal["rest", "websocket"]
    path: str

    @property
    def market(self) -> Market:
        """The market in one English word."""
        return MARKETS[self.category]

    @property
    def group(self) -> str:
        """The group in one English word."""
        return GROUPS[self.korean_group]

    @property
    def callable(self) -> bool:
        """Whether it is a read over REST, the only thing that is called by its id."""
        return self.transport == "rest" and not self.moves_money and self.market != "sign-in"

    @property
    def moves_money(self) -> bool:
        """Whether it is an order, or exchanges money."""
        is_order = self.path in _ORDER_PATHS and self.id not in _READS_AMONG_ORDERS
        return is_order or self.id in _OTHER_MONEY


class Api(NamedTuple):
    """One API with its fields, in the documented order."""

    title: ApiTitle
    request: tuple[Field, ...]
    response: tuple[Field, ...]

    @property
    def id(self) -> str:
        """The api-id."""
        return self.title.id

    @property
    def list_name(self) -> str | None:
        """The field of a reply that is a list; None where there is none."""
        return next((f.name for f in self.response if f.is_list and not f.depth), None)

    @property
    def scalars(self) -> tuple[Field, ...]:
        """The single fields of a reply."""
        return tuple(f for f in self.response if not f.depth and not f.is_list)

    @property
    def row_fields(self) -> tuple[Field, ...]:
        """The fields of a row of the reply's list."""
        return tuple(f for f in self.response if f.depth == 1)


class Found(NamedTuple):
    """An API that a search found."""

    title: ApiTitle
    fields: tuple[str, ...]
    """Names of the fields in which a word stands; empty where the API's own name has them all."""


class ApiReply(NamedTuple):
    """What one account was answered, values as the broker sent them."""

    scalars: Mapping[str, str | None]
    rows: tuple[Mapping[str, str | None], ...] | None
    """None where the reply has no list."""
    pages: int
    """How many pages were read."""
    more: bool
    """Whether the broker has further pages that were not read."""
    bodies: tuple[Mapping[str, object], ...]
    """Each page's JSON object."""


class Catalogue(Protocol):
    """Where the APIs are documented."""

    def titles(self) -> Sequence[ApiTitle]:
        """Return every API, in the order of the ids."""

    def api(self, api_id: str) -> Api | None:
        """Return an API with its fields; None for an id there is not."""

    def search(self, words: Sequence[str]) -> list[Found]:
        """Return the APIs that have all these words."""

    def codes(self) -> Mapping[str, str]:
        """Return the documented error codes and their texts; {?} stands for a value."""


def find(catalogue: Catalogue, wanted: str) -> Api:
    """Return the API of an id, large and small letters alike where that is clear.

    Raises:
        UsageError: there is no such id.
    """
    wanted = wanted.strip()
    # The short ids of live events differ by their case alone: 0g and 0G.
    api = catalogue.api(wanted if len(wanted) < _LONG_ID else wanted.lower())
    if api is not None:
        return api
    import difflib

    known = [title.id for title in catalogue.titles()]
    near = difflib.get_close_matches(wanted.lower(), known, _NEAR)
    raise UsageError(
        "there is no API {api_id!r}",
        hint="did you mean {near}?" if near else "look for it: kiwoomctl api search WORD",
        code="api_unknown",
        api_id=wanted,
        near=", ".join(near),
    )


def of_group(titles: Sequence[ApiTitle], group: str) -> list[ApiTitle]:
    """Return the APIs of a group or a market, named in English or by the broker's word.

    Raises:
        UsageError: there is no such group.
    """
    wanted = group.strip().lower()
    found = [
        t
        for t in titles
        if wanted in (t.group, t.market, t.korean_group.lower(), t.category.lower())
    ]
    if found:
        return found
    raise UsageError(
        "there is no group {name!r}",
        hint="known: {near}",
        code="group_unknown",
        name=group,
        near=", ".join(dict.fromkeys([*GROUPS.values(), *MARKETS.values()])),
    )


def check_callable(title: ApiTitle) -> None:
    """Raise UsageError for what is no read over REST: nothing of it may be sent by its id."""
    if title.callable:
        return
    if title.id in _ORDER_COMMANDS:
        raise UsageError(
            "{api_id} places an order: api call sends none",
            hint="kiwoomctl {command}",
            code="api_refused",
            api_id=title.id,
            command=_ORDER_COMMANDS[title.id],
        )
    if title.moves_money:
        raise UsageError(
            "{api_id} moves money and is not supported yet: nothing was sent",
            code="api_refused",
            api_id=title.id,
        )
    if title.market == "sign-in":
        raise UsageError(
            "{api_id} is about tokens: api call sends no key",
            hint="kiwoomctl login, kiwoomctl logout",
            code="api_refused",
            api_id=title.id,
        )
    raise UsageError(
        "{api_id} comes over WebSocket: api call is for REST",
        hint="kiwoomctl {command}",
        code="api_websocket",
        api_id=title.id,
        command="condition" if title.group == "condition" else "stream",
    )


def assignments(words: Iterable[str]) -> dict[str, str]:
    """Return ``field=value`` words as a mapping.

    Raises:
        UsageError: a word is no assignment, or names a field twice.
    """
    given: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        name = name.strip()
        if not equals or not name:
            raise UsageError("{word!r} is not field=value", code="api_field", word=word)
        if name in given:
            raise UsageError("{name} is given twice", code="api_field", name=name)
        given[name] = value
    return given


def check_fields(api: Api, given: Mapping[str, str]) -> None:
    """Refuse a request that the documentation says is wrong.

    Raises:
        UsageError: an unknown field, a value that is none of the documented ones, or a required
            field that is missing or blank.
    """
    known = {field.name: field for field in api.request}
    for name, value in given.items():
        if name not in known:
            raise _unknown_field(api, name)
        values = known[name].values
        if values and value not in values and (value.strip() or known[name].required):
            raise UsageError(
                "{name}={value!r} is not one of the values of {api_id}",
                hint="known: {near}",
                code="api_value",
                name=name,
                value=value,
                api_id=api.id,
                near=meanings(known[name]),
            )
    missing = [f for f in api.request if f.required and not given.get(f.name, "").strip()]
    if missing:
        raise UsageError(
            "{api_id} needs {missing}",
            hint="kiwoomctl api show {api_id}",
            code="api_required",
            api_id=api.id,
            missing=", ".join(f"{f.name} ({f.label})" for f in missing),
        )


def _unknown_field(api: Api, name: str) -> UsageError:
    from kiwoomctl.errors import nearest

    if not api.request:
        return UsageError(
            "{api_id} takes no fields: {name} is too much",
            code="api_field",
            api_id=api.id,
            name=name,
        )
    hint, near = nearest(name, (field.name for field in api.request))
    return UsageError(
        "{api_id} has no field {name!r}",
        hint=hint,
        code="api_field",
        api_id=api.id,
        name=name,
        near=near,
    )


def meanings(field: Field) -> str:
    """Return the documented values with what they mean, in one line."""
    return ", ".join(f"{value} {meaning}".strip() for value, meaning in field.values.items())


# Values of an example: by name, else by the end of the label.
_EXAMPLES = {
    "inds_cd": "001",
    "mmcm_cd": "001",
    "ord_no": "0000001",
    "orig_ord_no": "0000001",
    "arn_grp_id": "001",
    "thema_grp_cd": "100",
    "isscomp_cd": "000000000000",
    "bsis_aset_cd": "000000000000",
    "lpcd": "000000000000",
    "uv": "70000",
}
_DAY_NAMES = ("dt", "date", "from", "to")


def example(api: Api, field: Field, day: date) -> str:
    """Return a value the field could have; for a day, this one."""
    if field.values:
        return next(iter(field.values))
    if field.name.endswith("stk_cd"):
        return "AAPL" if api.title.market == "us" else "005930"
    if field.name in _EXAMPLES:
        return _EXAMPLES[field.name]
    if field.name.rpartition("_")[2] in _DAY_NAMES:
        months, years = field.label.endswith("년월"), field.label.endswith("년도")
        return f"{day:%Y%m}" if months else f"{day:%Y}" if years else f"{day:%Y%m%d}"
    if field.name == "stex_tp":
        return "ND"
    return "1"


def example_call(api: Api, day: date) -> list[str]:
    """Return the required fields of a request as ``field=value`` words."""
    return [f"{f.name}={example(api, f, day)}" for f in api.request if f.required]
