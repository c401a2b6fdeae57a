"""Pages and the keys to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.simulator.conftest import MakeWire, Wire

HOLDINGS = "acnt_evlt_remn_indv_tot"


@pytest.fixture
def wide(make_wire: MakeWire) -> Wire:
    return make_wire(positions=50).sign_in()


def test_a_long_list_comes_in_pages_of_twenty(wide: Wire) -> None:
    pages = wide.pages("kt00018", HOLDINGS)
    assert [len(page) for page in pages[:-1]] == [20] * (len(pages) - 1)
    assert 50 <= sum(map(len, pages)) <= 60


def test_totals_are_on_every_page(wide: Wire) -> None:
    first = wide.send("kt00018")
    second = wide.send("kt00018", headers=next_page(first.headers["next-key"]))
    assert first.json()["tot_pur_amt"] == second.json()["tot_pur_amt"]


def test_pages_show_the_list_as_it_was_on_the_first(wide: Wire) -> None:
    whole = [row for page in wide.pages("kt00018", HOLDINGS) for row in page]
    first = wide.send("kt00018")
    for row in whole:
        wide.control("price", symbol=row["stk_cd"][1:], price=1)
    second = wide.send("kt00018", headers=next_page(first.headers["next-key"]))
    assert second.json()[HOLDINGS] == whole[20:40]


def test_a_page_can_be_asked_for_again(wide: Wire) -> None:
    headers = next_page(wide.send("kt00018").headers["next-key"])
    first, again = (wide.send("kt00018", headers=headers) for _ in range(2))
    assert first.json() == again.json()


@pytest.mark.parametrize(
    "change", [{"dmst_stex_tp": "NXT"}, {"qry_tp": "2"}, {"something": "else"}]
)
def test_a_next_key_with_another_body_is_refused(wide: Wire, change: dict[str, str]) -> None:
    headers = next_page(wide.send("kt00018").headers["next-key"])
    body = {"qry_tp": "1", "dmst_stex_tp": "KRX", **change}
    reply = wide.send("kt00018", body, headers=headers).json()
    assert reply["return_code"] == 2
    assert "[1517:" in reply["return_msg"]


def test_a_next_key_of_another_account_or_of_nobody_is_refused(wide: Wire) -> None:
    key = wide.send("kt00018").headers["next-key"]
    assert "[1517:" in wide.send("kt00018", headers=next_page("0" * 32)).json()["return_msg"]
    wide.number = 2
    wide.sign_in()
    assert "[1517:" in wide.send("kt00018", headers=next_page(key)).json()["return_msg"]


def test_the_first_page_may_send_n_and_no_key(wide: Wire) -> None:
    reply = wide.send("kt00018", headers={"cont-yn": "N", "next-key": ""})
    assert reply.json() == wide.send("kt00018").json()


def test_a_fault_repeats_a_row_over_the_border(wide: Wire) -> None:
    whole = [row for page in wide.pages("kt00018", HOLDINGS) for row in page]
    wide.fault("page_shift", "kt00018")
    pages = wide.pages("kt00018", HOLDINGS)
    assert pages[1][0] == pages[0][-1]
    unique = {tuple(row.items()) for page in pages for row in page}
    assert unique == {tuple(row.items()) for row in whole}
    assert sum(map(len, pages)) == len(whole) + len(pages) - 1


def next_page(key: str) -> dict[str, str]:
    return {"cont-yn": "Y", "next-key": key}
