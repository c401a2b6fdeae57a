"""Continuation: how a list is cut into pages, and how a client asks for the next one.

A list is cut from the answer as it was on page 1. A page tells by the header ``tr_cont`` whether
more follows (F on the first, M later) or it is the last (D alone, E after others), and brings
two strings that the next request sends back unchanged. They are good for the same key, TR and
fields; without the header ``tr_cont: N`` a request begins at page 1.
"""

from __future__ import annotations

from collections.abc import Mapping

from kiwoomctl.simulator.kis.catalog import Endpoint
from kiwoomctl.simulator.kis.envelope import success
from kiwoomctl.simulator.kis.query import Answer
from kiwoomctl.simulator.kis.refusals import bad_value
from kiwoomctl.simulator.messages import Reply, Request
from kiwoomctl.simulator.paging import Place, Places

_FILTERS, _NEXT = "CTX_AREA_FK100", "CTX_AREA_NK100"


class Pages:
    """The lists of one server, page by page."""

    def __init__(self, environment: str, sizes: Mapping[str, int]) -> None:
        self._is_mock = environment == "mock"
        self._sizes = sizes
        self._places: Places[Answer] = Places()

    def clear(self) -> None:
        """Forget every place."""
        self._places.clear()

    def place(
        self, request: Request, appkey: str, fields: Mapping[str, str]
    ) -> Place[Answer] | None:
        """Return where a request goes on; None for one that begins.

        Raises:
            Refused: the strings are not those of a page of the same list.
        """
        key = fields.get(_NEXT, "").strip()
        if not key or request.headers.get("tr_cont", "").strip() != "N":
            return None
        place = self._places.find(key)
        if place is None:
            raise bad_value(_NEXT)
        if not place.is_of(appkey, request.headers.get("tr_id", ""), filters(fields)):
            raise bad_value(_FILTERS)
        if fields.get(_FILTERS, "").strip() != _told(place):
            raise bad_value(_FILTERS)
        return place

    def page(
        self, endpoint: Endpoint, place: Place[Answer], empty_rt_cd: str, *, shifted: bool
    ) -> Reply:
        """Return one page of a list, and how it goes on.

        Args:
            endpoint: Whose pages have a size.
            place: Where it begins.
            empty_rt_cd: The ``rt_cd`` of a list without rows.
            shifted: Whether a row came in above since the last page, so that its last row
                comes again.
        """
        answer, offset = place.answer, place.offset
        rows = answer.parts[answer.paged]
        page = place.rows(self._size(endpoint, place.api_id), shifted=shifted)
        cut = answer._replace(parts={**answer.parts, answer.paged: rows[page]})
        further = place._replace(offset=page.stop)
        key = self._places.keep(further) if page.stop < len(rows) else ""
        rt_cd = "0"
        if key:
            tr_cont, msg_cd = "M" if offset else "F", "KIOK0500"
        elif not rows:
            tr_cont, msg_cd, rt_cd = "D", "KIOK0560", empty_rt_cd
        else:
            tr_cont, msg_cd = ("E", "KIOK0460") if offset else ("D", "KIOK0510")
        if self._is_mock and rows and not key:
            msg_cd = "20310000"
        return success(
            place.api_id,
            cut,
            msg_cd=msg_cd,
            rt_cd=rt_cd,
            tr_cont=tr_cont,
            cursors=(_told(place), key),
        )

    def _size(self, endpoint: Endpoint, tr_id: str) -> int:
        real, mock = endpoint.pages or (0, 0)
        return self._sizes.get(tr_id, mock if self._is_mock else real)


def filters(fields: Mapping[str, str]) -> dict[str, str]:
    """Return the fields of a list that stay the same from page to page."""
    return {name: value for name, value in fields.items() if not name.startswith("CTX_AREA_")}


def _told(place: Place[Answer]) -> str:
    """Return the string that repeats account and filters."""
    names = ("CANO", "ACNT_PRDT_CD", "PDNO", "INQR_DVSN")
    return "".join(f"{place.fields[name]}^" for name in names if name in place.fields)
