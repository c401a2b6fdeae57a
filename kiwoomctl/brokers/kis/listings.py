"""The house's files of all listed codes: a zip with lines of fixed width in cp949, a market each.

A line has the short code in 9 places, the standard code in 12, the name, and a tail of fields
that nobody has described; nor is it published how wide the name is. So its end is taken from the
file itself: a name is filled up with blanks, so where the lines' first run of two or more blanks
ends, the tail begins. For most lines that is the same place, counted in bytes from the front, or
from the back where the width is one of characters: whichever more lines agree on. A line whose
name fills its field is cut there too. A file of which less than half of the lines agree is not
understood, and nothing of it is used.

No key is asked for. The lists tell no kind and nothing of NXT; an ETN is told by its letter.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from kiwoomctl.brokers.kis import wire
from kiwoomctl.brokers.kis.endpoints import MASTER_PATH
from kiwoomctl.brokers.port import Call
from kiwoomctl.brokers.repeats import again
from kiwoomctl.domain.identity import Symbol
from kiwoomctl.domain.market import Listing
from kiwoomctl.errors import Phrase, Unavailable, Unreadable

if TYPE_CHECKING:
    from kiwoomctl.brokers.port import Observer
    from kiwoomctl.brokers.transport import Transport
    from kiwoomctl.domain.clock import Clock

FILES: Final[Mapping[str, str]] = {"KOSPI": "kospi_code.mst", "KOSDAQ": "kosdaq_code.mst"}
"""What is in the zip of each market."""
MARKETS: Final = tuple(FILES)
MOST_PACKED: Final = 8 * 1024 * 1024
MOST_BYTES: Final = 32 * 1024 * 1024
"""Far above the real files, which have a few thousand lines."""
_SHORT, _STANDARD = 9, 12
_NAME_BEGINS: Final = _SHORT + _STANDARD
_ETN: Final = "Q"
_STANDARD_CODE: Final = re.compile(rb"[A-Z]{2}[0-9A-Z]{10}")
_FILLING: Final = re.compile(rb" {2,}")
_ENCRYPTED: Final = 0x1
_OK: Final = 200


class KisLists:
    """The lists of instruments, whoever asks."""

    def __init__(
        self,
        profile: str,
        door: Callable[[], Transport],
        observer: Observer,
        clock: Clock,
    ) -> None:
        """Make the lists.

        Args:
            profile: the name shown to people.
            door: opens the way to the host of the files.
            observer: is told of requests.
            clock: sleeps between tries.
        """
        self._profile = profile
        self.door = door
        self._observer = observer
        self._clock = clock

    def listings(self, market: str) -> tuple[Listing, ...]:
        """Return every instrument of a market, complete; none of one without a file.

        Raises:
            Unavailable: the file was not read; its address is named.
            Unreadable: it is not what the house documents.
        """
        member = FILES.get(market)
        if member is None:
            return ()
        door = self.door()
        try:
            packed = again(lambda: self._fetched(door, member), self._clock, paced=False)
            address = f"{door.base_url}{MASTER_PATH}{member}.zip"
        finally:
            door.close()
        return read_lines(unpacked(packed, member, address), market, address)

    def _fetched(self, door: Transport, member: str) -> bytes:
        name = f"{member}.zip"
        reply = door.ask(f"{MASTER_PATH}{name}", {})
        self._observer.called(self._profile, Call(name, reply.milliseconds, f"HTTP {reply.status}"))
        if reply.status != _OK:
            raise Unavailable(
                "{address} cannot be had (HTTP {status})",
                hint="try again later",
                code="list_missing",
                address=f"{door.base_url}{MASTER_PATH}{name}",
                status=reply.status,
            )
        return reply.content


def unpacked(packed: bytes, member: str, address: str) -> bytes:
    """Return the one file that a zip is to hold.

    Raises:
        Unreadable: it is no such zip, or one that would grow beyond any list.
    """
    import io
    import struct
    import zipfile
    import zlib

    if len(packed) > MOST_PACKED:
        raise _unreadable(address, Phrase("it is larger than any list"))
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            held = archive.infolist()
            if [part.filename for part in held] != [member]:
                raise _unreadable(address, Phrase("it does not hold {member} alone", member=member))
            [part] = held
            plain = not part.flag_bits & _ENCRYPTED
            if not plain or part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise _unreadable(address, Phrase("it is packed in another way"))
            with archive.open(part) as lines:
                # What it says of its size is not believed.
                content = lines.read(MOST_BYTES + 1)
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        EOFError,
        OSError,
        LookupError,
        NotImplementedError,
        OverflowError,
        RuntimeError,
        ValueError,
    ):
        raise _unreadable(address, Phrase("it is no whole zip")) from None
    if len(content) > MOST_BYTES:
        raise _unreadable(address, Phrase("it is larger than any list"))
    return content


def read_lines(content: bytes, market: str, address: str) -> tuple[Listing, ...]:
    """Return the instruments of a list; lines whose code no cash order can name are left out.

    Args:
        content: the file.
        market: whose list it is.
        address: where it is from, for people.

    Raises:
        Unreadable: a line is none, or where names end cannot be told.
    """
    lines: dict[Symbol, tuple[bool, bytes]] = {}
    for line in content.split(b"\n"):
        told = _code(line.rstrip(b"\r"), address)
        if told is not None:
            symbol, is_note = told
            lines[symbol] = is_note, line.rstrip(b"\r")[_NAME_BEGINS:]
    if not lines:
        raise _unreadable(address, Phrase("no line has a code"))
    ends = _end_of_names([rest for _, rest in lines.values()], address)
    return tuple(
        Listing(symbol, _name(rest, ends(rest), address), "ETN" if is_note else market, None)
        for symbol, (is_note, rest) in lines.items()
    )


def _code(line: bytes, address: str) -> tuple[Symbol, bool] | None:
    """Return the code of a line and whether it is an ETN's; None for what no order can name."""
    short = line[:_SHORT].decode("ascii", "replace").strip()
    try:
        symbol = wire.symbol(short)
    except ValueError:
        return None
    if symbol is None or not Symbol.is_valid(symbol):
        return None
    if not _STANDARD_CODE.fullmatch(line[_SHORT:_NAME_BEGINS]):
        raise _unreadable(
            address, Phrase("the line of {symbol} has no standard code", symbol=symbol)
        )
    return symbol, len(short) > len(symbol) and short.startswith(_ETN)


def _end_of_names(rests: list[bytes], address: str) -> Callable[[bytes], int]:
    """Return what tells where the name ends in what follows the codes of a line."""
    fillings = [(rest, found.end()) for rest in rests if (found := _FILLING.search(rest))]
    fronts = Counter(end for _, end in fillings)
    backs = Counter(len(rest) - end for rest, end in fillings)
    front, by_front = fronts.most_common(1)[0] if fronts else (0, 0)
    back, by_back = backs.most_common(1)[0] if backs else (0, 0)
    if max(by_front, by_back) * 2 < len(rests):
        raise _unreadable(address, Phrase("where the names end cannot be told"))
    if by_front >= by_back:
        return lambda _rest: front
    return lambda rest: len(rest) - back


def _name(rest: bytes, end: int, address: str) -> str:
    try:
        name = " ".join(rest[:end].decode("cp949").split()) if 0 < end <= len(rest) else ""
    except UnicodeDecodeError:
        name = ""
    if not name or not name.isprintable():
        raise _unreadable(address, Phrase("a name in it is none"))
    return name


def _unreadable(address: str, reason: Phrase) -> Unreadable:
    return Unreadable(
        "{address} cannot be read: {reason}",
        hint="try again later",
        code="list_unreadable",
        address=address,
        reason=reason,
    )
