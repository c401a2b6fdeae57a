"""What must not be shown is taken out of a text, however it is written; figures stay."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiwoomctl.domain.redaction import redacted, scrubbed, without_keys

LETTERS = "ABCXYZabcxyz0189+/=_-@"
WRITTEN: dict[str, Callable[[str], str]] = {
    "plain": str,
    "query": lambda secret: quote(secret, safe=""),
    "form": quote_plus,
    "path": quote,
    "lower": lambda secret: quote(secret, safe="").lower(),
    "JSON": lambda secret: json.dumps(secret)[1:-1],
    "PHP": lambda secret: json.dumps(secret)[1:-1].replace("/", "\\/"),
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
}


@pytest.mark.parametrize("way", WRITTEN)
@given(secret=st.text(LETTERS, min_size=8, max_size=29))
def test_a_known_secret_is_hidden_however_it_is_written(way: str, secret: str) -> None:
    written = WRITTEN[way](secret)
    assert redacted(f"키 {written}, 계좌", secret) in (
        "키 ***, 계좌",
        "키 ***=, 계좌",
        "키 ***==, 계좌",
    )


@pytest.mark.parametrize("way", WRITTEN)
@given(secret=st.text(LETTERS, min_size=36, max_size=200))
def test_a_long_one_is_hidden_also_where_nobody_knows_it(way: str, secret: str) -> None:
    told = redacted(f"키 ({WRITTEN[way](secret).replace('@', 'x')}) 계좌")
    assert told == "키 (***) 계좌"


@pytest.mark.parametrize("number", ["8012345611", "80123456-11", "8012-3456-11", "801234561112"])
def test_an_account_number_is_hidden(number: str) -> None:
    assert redacted(f"계좌 {number} 없음") == "계좌 *** 없음"


@pytest.mark.parametrize(
    "text",
    ["[505217](VP1003:장종료)", "2026-11-27 10:00:00", "1,234,567,890 KRW", "005930 20261127", ""],
)
def test_what_a_broker_says_stays(text: str) -> None:
    assert redacted(text, "a-secret-of-ours", "") == text


def test_data_lose_the_secret_and_no_figure() -> None:
    secret = "AxserEsdc+redc/ary1fEIzrQ9PAyR3Rsd3JkO="
    data = json.dumps({"a": secret, "b": quote(secret, safe=""), "c": "0000123456", "d": "1" * 40})
    told = json.loads(scrubbed(data, secret, "123456", "1" * 40))
    assert told == {"a": "***", "b": "***", "c": "0000123456", "d": "1" * 40}


def test_a_path_is_no_key() -> None:
    path = "/home/somebody/documents/brokers/Keys-2026/isa.key"
    assert without_keys(f"{path} AxserEsdcredcanary1fEIzrQ9PAyR3Rsd3Jk") == f"{path} ***"
