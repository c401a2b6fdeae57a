"""The Korean texts: one word for each thing, and grammar that holds whatever is filled in."""

from __future__ import annotations

import errno
import importlib
import os
import pkgutil
import re
from collections import Counter
from pathlib import Path

from kiwoomctl import locale, render, topics
from kiwoomctl.commands import entries
from kiwoomctl.errors import system_reason
from kiwoomctl.render.report import Column
from tests import messages

ROOT = Path(__file__).parent.parent
KNOWN = messages.translations()
HANGUL = re.compile(r"[가-힣]")
# Another word for what has one already, or spelled or ended otherwise.
ELSEWISE = re.compile(
    r"프로파일|종목 코드|주문유형|소유자|명의자|HTS 아이디|인터넷 주소|한국 시각|거절|낱말|데모"
    r"|등락율|증거금율|불변식|거래 중단|(?<!주문 )정지 스위치|(?<!앱키\()App Key(?!\))|비밀키"
    r"|표 계산|십시오|십니까"
)


def _korean_texts() -> dict[str, str]:
    """Return all that is written for Korean readers: the catalogue, the topics, the README."""
    files = [
        ROOT / "README.ko.md",
        *(ROOT / "kiwoomctl" / "topics" / f"{t}.ko.md" for t in topics.ORDER),
    ]
    return {**KNOWN, **{path.name: path.read_text("utf-8") for path in files}}


def test_a_thing_has_one_korean_word() -> None:
    found = {
        where: words
        for where, text in _korean_texts().items()
        if (words := set(ELSEWISE.findall(text)))
    }

    assert found == {}


def test_a_particle_behind_what_is_filled_in_fits_all_of_it() -> None:
    # What is filled in may end in a vowel or not: 은(는), (으)로, or a sentence without either.
    one_form = re.compile(r"\}(?:은|는|을|를|과|와|으로|로)(?![(])|\}(?:이|가)(?= )")

    assert [text for text in KNOWN.values() if one_form.search(text)] == []


def test_a_particle_stands_at_its_word() -> None:
    apart = re.compile(
        r"[A-Za-z0-9}\])\"'] (?:은|는|을|를|에|와|과|로|으로|의|처럼|에서|부터|까지|보다|입니다"
        r"|이어야|은\(는\)|이\(가\)|을\(를\)|과\(와\))(?=[ ,.:)]|$)"
    )

    assert [text for text in KNOWN.values() if apart.search(text)] == []


def test_sentences_are_parted_by_full_stops() -> None:
    assert [text for text in KNOWN.values() if ";" in text and HANGUL.search(text)] == []


def test_the_korean_word_of_a_command_is_in_its_korean_line() -> None:
    lines = {entry.summary: KNOWN[entry.summary] for entry in entries()}
    words = {line: re.findall(r"\(([^()]+)\)$", line)[0] for line in lines}

    assert len(words) > 30
    assert {line: told for line, told in lines.items() if not _tells(told, words[line])} == {}


def _tells(line: str, words: str) -> bool:
    """Tell whether each word stands there, and is not said once more in brackets."""
    bracketed = f"({words})"
    if bracketed in line:
        return words not in line.replace(bracketed, "")
    return all(word in line for word in words.split("·"))


def test_no_two_columns_of_a_table_have_one_heading() -> None:
    tables = 0
    for found in pkgutil.walk_packages(render.__path__, f"{render.__name__}."):
        for name, value in vars(importlib.import_module(found.name)).items():
            for columns in value.values() if isinstance(value, dict) else [value]:
                if isinstance(columns, tuple) and columns and isinstance(columns[0], Column):
                    tables += 1
                    for told in ({}, KNOWN):
                        count = Counter(told.get(c.header, c.header) for c in columns)
                        assert count.most_common(1)[0][1] == 1, (found.name, name, count)

    assert tables > 20


def test_what_the_system_says_of_a_file_is_told_in_korean() -> None:
    known = (errno.ENOENT, errno.EACCES, errno.EROFS, errno.ENOSPC, errno.EISDIR, errno.ENOTDIR)
    spoken = locale.language()
    locale.activate("ko")
    try:
        for number in known:
            assert HANGUL.search(locale.told(system_reason(os.strerror(number))))
        assert locale.told(system_reason("of {its} own")) == "of {its} own"
    finally:
        locale.activate(spoken)
