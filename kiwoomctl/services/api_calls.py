"""Ask several accounts one of the broker's own reads, and keep every reply as it came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from kiwoomctl.domain.apis import Api, ApiReply, check_callable, check_fields
from kiwoomctl.domain.offers import Ability
from kiwoomctl.services.accounts import Account, Answers, OnAnswer, ask


class Request(NamedTuple):
    """One call, checked."""

    api: Api
    fields: Mapping[str, str]
    pages: int | None
    """The most pages to read; None for all."""


def request(api: Api, fields: Mapping[str, str], pages: int | None) -> Request:
    """Return a call that may be sent.

    Raises:
        UsageError: the API is no read over REST, or its documentation forbids these fields.
    """
    check_callable(api.title)
    check_fields(api, fields)
    return Request(api, fields, pages)


def call(wanted: Request, accounts: Sequence[Account], on_answer: OnAnswer) -> Answers[ApiReply]:
    """Return what each account was answered."""
    return ask(
        accounts,
        lambda broker: broker.call_api(wanted.api, wanted.fields, wanted.pages),
        on_answer,
        needs=Ability.RAW_CALLS,
    )
