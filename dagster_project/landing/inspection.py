"""What a file is before it is read: its content hash, whether its bytes can be read at all, and in which
encoding.

One streaming pass over the bytes; rows and columns are the readers' matter.
"""

import codecs
import gzip
import hashlib
import re
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from dagster_project.errors import Fault
from dagster_project.landing.connectors import Delivery
from dagster_project.landing.content import BOM, open_content

CHUNK = 1 << 22
# Bytes that are no character of CP932, and that Python's codec decodes all the same (80, A0, FD to FF).
NO_CP932 = re.compile("[\x80\uf8f0-\uf8f3]")


class Unreadable(Exception):
    """A file that cannot be landed as a whole."""

    def __init__(self, faults: list[Fault]):
        self.faults = faults
        super().__init__("\n".join(map(str, faults)))


@dataclass(frozen=True)
class Inspected:
    """sha256 in hex and size in bytes of the file as it lies there; `encoding` is None for Parquet."""

    delivery: Delivery
    sha256: str
    bytes: int
    encoding: str | None = None
    is_empty: bool = False


class _Hashing:
    """A file whose content hash is taken as it is read."""

    def __init__(self, raw: BinaryIO):
        self._raw, self.digest, self.bytes = raw, hashlib.sha256(), 0

    def read(self, size: int = -1) -> bytes:
        chunk = self._raw.read(size)
        self.digest.update(chunk)
        self.bytes += len(chunk)
        return chunk


class _Decoding:
    """Whether a stream of bytes is text in one encoding; `failed_line` is the first line that is not."""

    def __init__(self, name: str):
        self.name, self.failed_line = name, 0
        self._decoder, self._line = codecs.getincrementaldecoder(name)(), 1

    def feed(self, chunk: bytes, final: bool = False) -> None:
        if self.failed_line:
            return
        try:
            text = self._decoder.decode(chunk, final)
            if self.name == "cp932" and (wrong := NO_CP932.search(text)):
                self.failed_line = self._line + text.count("\n", 0, wrong.start())
            self._line += chunk.count(b"\n")
        except UnicodeDecodeError as error:
            # `error.object` begins with what the decoder had kept of the last chunk, which holds no line
            # feed.
            self.failed_line = self._line + bytes(error.object)[: error.start].count(b"\n")


def inspect(delivery: Delivery) -> Inspected:
    """Read the file from end to end. Raises Unreadable where it cannot be opened, unpacked or decoded."""
    try:
        if delivery.format == "parquet":
            with delivery.path.open("rb") as raw:
                hashing = _Hashing(raw)
                while hashing.read(CHUNK):
                    pass
            return Inspected(delivery, hashing.digest.hexdigest(), hashing.bytes, is_empty=not hashing.bytes)
        return _inspect_text(delivery)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise Unreadable([Fault(delivery.shown, 0, "is broken gzip", "deliver the file again")]) from None
    except OSError as error:
        raise Unreadable(
            [
                Fault(
                    delivery.shown,
                    0,
                    f"cannot be read: {error.strerror or 'input/output error'}",
                    "check the file and its permissions",
                )
            ]
        ) from None


def _inspect_text(delivery: Delivery) -> Inspected:
    named = delivery.encoding
    first = _Decoding(named or "utf-8")
    is_empty, head = True, b""
    with delivery.path.open("rb") as raw:
        hashing = _Hashing(raw)
        # A gzip file of no bytes is an empty delivery, not a broken one.
        packed = delivery.is_compressed and delivery.path.stat().st_size > 0
        content = gzip.GzipFile(fileobj=hashing) if packed else hashing  # type: ignore[call-overload]
        while chunk := content.read(CHUNK):
            head = head or chunk[:4]
            first.feed(chunk)
            is_empty = is_empty and not chunk.removeprefix(BOM).strip()
        first.feed(b"", final=True)
        while hashing.read(CHUNK):
            pass
    sha256, size = hashing.digest.hexdigest(), hashing.bytes
    if not first.failed_line:
        return Inspected(delivery, sha256, size, first.name, is_empty)
    if named:
        raise Unreadable(
            [
                Fault(
                    delivery.shown,
                    first.failed_line,
                    f"is not text in {named}",
                    "seeds/sources.yml says the encoding",
                )
            ]
        )
    second = _Decoding("cp932")
    with open_content(delivery.path, delivery.is_compressed) as content_again:
        while not second.failed_line and (chunk := content_again.read(CHUNK)):
            second.feed(chunk)
        second.feed(b"", final=True)
    if not second.failed_line:
        return Inspected(delivery, sha256, size, second.name, is_empty)
    is_utf16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    message = "is UTF-16" if is_utf16 else "is neither UTF-8 nor CP932 (Shift JIS)"
    # The encoding that got further is the one that the file was meant to be in.
    line = 0 if is_utf16 else max(first.failed_line, second.failed_line)
    raise Unreadable([Fault(delivery.shown, line, message, "save the file as UTF-8")])
