"""The bytes of a delivered text file, unpacked and as UTF-8, and where its lines lie in a block of them."""

import codecs
import gzip
from pathlib import Path
from typing import BinaryIO

import numpy as np

BOM = codecs.BOM_UTF8
LF, CR = 10, 13

Positions = np.ndarray[tuple[int], np.dtype[np.int64]]


def open_content(path: Path, is_compressed: bool) -> BinaryIO:
    """The content of a file as bytes, unpacked where it is gzip."""
    return gzip.open(path, "rb") if is_compressed else path.open("rb")  # type: ignore[return-value]


class Text:
    """The content as UTF-8 without BOM and with line feeds, whatever it came in."""

    def __init__(self, content: BinaryIO, encoding: str):
        self._content = content
        self._decoder = None if encoding == "utf-8" else codecs.getincrementaldecoder(encoding)()
        self._is_start, self._cr_only = True, False

    def read(self, size: int) -> bytes:
        """The next part; nothing at the end of the content only."""
        chunk = self._content.read(size)
        if self._decoder:
            chunk = self._decoder.decode(chunk, final=not chunk).encode()
        if self._is_start and chunk:
            self._is_start = False
            chunk = chunk.removeprefix(BOM)
            # Old spreadsheet exports end lines with a carriage return alone.
            self._cr_only = b"\r" in chunk and b"\n" not in chunk
        return chunk.replace(b"\r", b"\n") if self._cr_only else chunk


def filled(
    octets: np.ndarray[tuple[int], np.dtype[np.uint8]], starts: Positions, ends: Positions
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which of the lines from `starts` to the line feeds at `ends` hold more than a carriage return."""
    return (ends > starts + 1) | ((ends == starts + 1) & (octets[starts] != CR))
