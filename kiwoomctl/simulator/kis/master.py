"""The files of all listed codes: a zip of fixed-width lines in cp949.

A line has the short code in 9 places, the standard code in 12, the name, and a tail whose
fields no source here describes: it is blank, or full of zeros.
"""

from __future__ import annotations

from kiwoomctl.simulator.instruments import Instrument, instruments
from kiwoomctl.simulator.messages import Reply

_ZIP_TYPE = "application/zip"
_MARKETS = {"kospi_code.mst.zip": ("KOSPI", "ETF", "ETN"), "kosdaq_code.mst.zip": ("KOSDAQ",)}
_TAILS = {"kospi_code.mst.zip": 227, "kosdaq_code.mst.zip": 221}
_SHORT, _STANDARD, _NAME = 9, 12, 40
_LARGEST_DIGIT = 9


def master_file(name: str, *, full: bool = False) -> Reply:
    """Return the file of this name, the tails of its lines full or blank; 404 for any other."""
    import io
    import zipfile

    markets = _MARKETS.get(name)
    if markets is None:
        return Reply(404, b"")
    lines = b"".join(
        _line(instrument, (b"0" if full else b" ") * _TAILS[name])
        for instrument in instruments().values()
        if instrument.market in markets
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name.removesuffix(".zip"), lines)
    return Reply(200, packed.getvalue(), content_type=_ZIP_TYPE)


def _line(instrument: Instrument, tail: bytes) -> bytes:
    letter = "Q" if instrument.market == "ETN" else ""
    short = f"{letter}{instrument.symbol}".ljust(_SHORT)
    head = f"{short}{_standard_code(instrument.symbol)}".encode("cp949")
    name = instrument.name.encode("cp949")
    return head + name.ljust(_NAME) + tail + b"\n"


def _standard_code(symbol: str) -> str:
    """Return the code of 12 characters, the last of which checks the others."""
    body = f"KR7{symbol}00"
    digits = "".join(f"{int(character, 36)}" for character in body)
    total = 0
    for place, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled - _LARGEST_DIGIT if doubled > _LARGEST_DIGIT else doubled
    return f"{body}{-total % 10}"
