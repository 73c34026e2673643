"""In which encoding a file is: told by its marks, by whether it is sound UTF-8, or else guessed from its odd letters."""

from __future__ import annotations

import codecs
from typing import Final, Literal

from charset_normalizer import from_bytes

Encoding = Literal["utf-8", "utf-16-le", "utf-16-be", "windows-1252", "latin-1", "mac-roman", "cp850"]
"""What spreadsheets write: `mac-roman` and `cp850` are Excel's "CSV (Macintosh)" and "CSV (MS-DOS)"."""

_CODECS: Final[dict[Encoding, str]] = {
    "utf-8": "utf-8",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "windows-1252": "cp1252",
    "latin-1": "latin-1",
    "mac-roman": "mac-roman",
    "cp850": "cp850",
}
_MARKS: Final[tuple[tuple[bytes, Encoding], ...]] = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_GUESSABLE: Final[dict[str, Encoding]] = {
    "cp1252": "windows-1252",
    "latin_1": "latin-1",
    "mac_roman": "mac-roman",
    "cp850": "cp850",
}
_SAMPLE: Final = 32 * 1024
_BLOCK_SAMPLE: Final = 4 * 1024
_HEAD: Final = 4 * 1024


def codec_of(encoding: Encoding) -> str:
    """Python's name for it."""
    return _CODECS[encoding]


def mark_length(head: bytes, encoding: Encoding) -> int:
    """How many bytes at the file's beginning only tell its encoding."""
    return next((len(mark) for mark, of in _MARKS if of == encoding and head.startswith(mark)), 0)


class EncodingScout:
    """Hears all of a file, block by block, and remembers little of it: at most 32 KiB around letters that aren't UTF-8.

    A file whose first odd letter stands on its last line is told apart too; a sample of the beginning alone would not do that.
    """

    def __init__(self) -> None:
        self._head = b""
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")
        self._broken = 0
        self._sound = 0
        self._sample = bytearray()

    def feed(self, block: bytes) -> None:
        """Hears the next bytes."""
        if len(self._head) < _HEAD:
            self._head += block[: _HEAD - len(self._head)]
        if block.isascii():
            self._utf8.decode(block)
            return
        text = self._utf8.decode(block)
        broken = text.count("\ufffd")
        self._broken += broken
        # Every letter beyond ASCII takes a byte more than it makes characters; a broken byte makes one character.
        self._sound += max(0, len(block) - len(text))
        if broken and len(self._sample) < _SAMPLE:
            self._sample += _around_odd_letters(block)

    def verdict(self) -> Encoding:
        """The encoding of what was heard so far."""
        for mark, encoding in _MARKS:
            if self._head.startswith(mark):
                return encoding
        wide = _wide(self._head)
        if wide is not None:
            return wide
        if not self._broken or self._sound > self._broken:
            # A few broken letters in sound UTF-8 are a fault of their rows, not of the file.
            return "utf-8"
        return _guess(bytes(self._sample))


def _wide(head: bytes) -> Encoding | None:
    """UTF-16 without a mark: every other byte of plain letters is 0."""
    pairs = len(head) // 2
    if not pairs:
        return None
    even, odd = head[0 : pairs * 2 : 2].count(0), head[1 : pairs * 2 : 2].count(0)
    if odd > pairs * 0.4 and even < pairs * 0.1:
        return "utf-16-le"
    if even > pairs * 0.4 and odd < pairs * 0.1:
        return "utf-16-be"
    return None


def _around_odd_letters(block: bytes) -> bytes:
    """Lines with letters beyond ASCII, up to 4 KiB."""
    kept = bytearray()
    for line in block.split(b"\n"):
        if not line.isascii():
            kept += line[:512] + b"\n"
            if len(kept) >= _BLOCK_SAMPLE:
                break
    return bytes(kept)


def _guess(sample: bytes) -> Encoding:
    """One of the single-byte encodings; Windows' own where nothing speaks for another."""
    best = from_bytes(sample, cp_isolation=list(_GUESSABLE)).best()
    guessed = None if best is None else _GUESSABLE.get(best.encoding)
    if guessed in {None, "latin-1"}:
        # Real files in Latin-1 are files in Windows-1252, which has more letters in the same places.
        return "windows-1252"
    assert guessed is not None
    return guessed
