"""Every REST read of the catalogue is called against the simulator and drawn in every form."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator

import pytest

from kiwoomctl.brokers.kiwoom.catalogue import KiwoomCatalogue
from kiwoomctl.context import Options, Session
from kiwoomctl.domain.apis import Api, ApiReply, ApiTitle, assignments, check_callable, example_call
from kiwoomctl.errors import UsageError
from kiwoomctl.render.api_replies import api_call
from kiwoomctl.render.out import Format, Look, Output
from kiwoomctl.services import api_calls
from kiwoomctl.services.accounts import Answers

TITLES = KiwoomCatalogue().titles()
READS = [title for title in TITLES if title.callable]
PROFILES = ("general", "isa")


class Terminal(io.StringIO):
    """Text that is drawn for a terminal of 80 columns."""

    def isatty(self) -> bool:
        return True


def test_every_rest_api_is_called_or_refused() -> None:
    refused = {title.id for title in TITLES if title.transport == "rest" and not title.callable}

    assert (len(READS), len(refused)) == (288, 19)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    state = tmp_path_factory.mktemp("walk")
    environ = {**os.environ, "KIWOOMCTL_STATE_DIR": str(state)}
    return Session(Options(profiles=PROFILES, demo=True), environ, "api_call")


def called(session: Session, title: ApiTitle) -> tuple[Api, Answers[ApiReply]]:
    api = session.apis().api(title.id)
    assert api is not None
    fields = assignments(example_call(api, session.now().date()))
    request = api_calls.request(api, fields, None)
    return api, api_calls.call(request, session.accounts(), lambda _done, _chosen: None)


def drawn(
    session: Session,
    api: Api,
    answers: Answers[ApiReply],
    output: Format,
    stream: io.StringIO | None = None,
    *,
    labels: bool = False,
) -> str:
    out = stream or io.StringIO()
    report = api_call(api, answers, session.now(), output=output, fields=None, labels=labels)
    assert report.exit_code == 0
    Output(Look(format=output, no_color=True), {}, stdout=out, stderr=io.StringIO()).emit(report)
    return out.getvalue()


def values(answers: Answers[ApiReply]) -> Iterator[str]:
    for _account, reply in answers.good:
        for row in (reply.scalars, *(reply.rows or ())):
            yield from (value for value in row.values() if value)


@pytest.mark.parametrize("title", READS, ids=lambda title: title.id)
def test_a_read_is_drawn_in_every_form(
    session: Session, title: ApiTitle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    api, answers = called(session, title)
    assert answers.failed == []

    table = drawn(session, api, answers, "table")
    assert all(value.strip() in table for value in values(answers))
    document = json.loads(drawn(session, api, answers, "json"))
    assert [row["profile"] for row in document["data"]] == list(PROFILES)
    for row, (_account, reply) in zip(document["data"], answers.good, strict=True):
        assert row == {**row, **reply.scalars}
        if api.list_name is not None:
            assert row[api.list_name] == [dict(part) for part in reply.rows or ()]
    rows = list(csv.DictReader(io.StringIO(drawn(session, api, answers, "csv"))))
    told = [value for row in rows for value in row.values() if value]
    assert set(values(answers)) <= set(told)
    assert {row["profile"] for row in rows} <= set(PROFILES)
    labelled = json.loads(drawn(session, api, answers, "json", labels=True))
    documented = [field.label for field in api.scalars]
    assert len(set(documented) & set(labelled["data"][0])) == len(set(documented))
    on_terminal = drawn(session, api, answers, "table", Terminal())
    assert api.id in on_terminal


@pytest.mark.parametrize(
    "title", [title for title in TITLES if not title.callable], ids=lambda title: title.id
)
def test_everything_else_is_refused_before_an_account_is_asked(title: ApiTitle) -> None:
    api = KiwoomCatalogue().api(title.id)
    assert api is not None
    with pytest.raises(UsageError):
        check_callable(title)
    with pytest.raises(UsageError):
        api_calls.request(api, {}, 1)
