"""The rows of one sync as requests: in order, each under a name of its own; and which rows the receiver refused.

A receiver refuses rows in its answer, or a whole request for the sake of some rows (400, 422) or of its size (413).
Such a request goes again without the rows that its answer names, or else in halves, until the rows to blame stand
alone; whatever the receiver took of it, the same rows by key do no harm.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from dagster_project.activation.feeds.destinations.http_caller import TOO_LARGE, Caller, RequestRefused
from dagster_project.activation.feeds.destinations.protocol import DestinationFailed, Sync
from dagster_project.activation.feeds.destinations.rows import SyncFile, batches, without_values

Rejected = list[tuple[str, str]]
MAX_DIVIDED = 5_000  # requests of one sync, each of which costs two more; a row to blame in a request of 500 costs nine
MAX_UNHEARD = 100  # rows refused alone by a receiver that took no request yet: then it is the requests, not the rows
REASONS = ("detail", "message", "title", "error")  # where an answer may say why: RFC 9457, and what is in use


class RowSender:
    """Sends the rows of `sync` with `caller`. `rejected`: (key, reason) of the rows that were refused so far."""

    def __init__(self, caller: Caller, sync: Sync, manifest: dict[str, Any]):
        self.caller, self.settings = caller, caller.settings
        self.sync, self.manifest = sync, manifest
        self.rejected: Rejected = []
        self.divided = self.alone = 0
        self.is_heard = False
        self.too_large: int | None = None  # bytes of the smallest request that was

    def send(self, file: SyncFile) -> None:
        """Send every row of `file`. Raises DestinationFailed where the receiver does not take them."""
        settings, sync = self.settings, self.sync
        url = (settings.deletes_url if file.is_deletes else None) or settings.url
        head = {"feed_id": sync[0], "sync_id": sync[1], "op": "delete" if file.is_deletes else "upsert"}
        start = json.dumps(head | {"key": self.manifest["key"]})[:-1] + f", {json.dumps(settings.rows_field)}: ["
        parts = batches(file, self.manifest, settings.rows_per_request, settings.bytes_per_request)
        for number, (keys, rows) in enumerate(parts, start=1):
            self._send_part(url, start, f"{sync[0]}-{sync[1]}-{file.path.stem}-{number:06d}", keys, rows)

    def _send_part(self, url: str, start: str, name: str, keys: list[str], rows: list[str]) -> None:
        waiting = [list(range(len(keys)))]
        while waiting:
            places = waiting.pop()
            body = f"{start}{','.join(rows[place] for place in places)}]}}".encode()
            if self.too_large is not None and len(body) >= self.too_large and len(places) > 1:
                waiting += _halves(places)
                continue
            is_whole = len(places) == len(keys)
            own_name = name if is_whole else f"{name}-{hashlib.sha256(body).hexdigest()[:16]}"
            some_keys, some_rows = [keys[place] for place in places], [rows[place] for place in places]
            try:
                answer = self.caller.ask("POST", url, body, {"Idempotency-Key": own_name})
            except RequestRefused as refusal:
                if refusal.status == TOO_LARGE:
                    self.too_large = min(len(body), self.too_large or len(body))
                named = self._named(refusal, some_keys, some_rows)
                self.rejected += named
                if len(places) > 1:
                    self._count(refusal, url)
                if named:
                    gone = {key for key, _ in named}
                    rest = [place for place in places if keys[place] not in gone]
                    waiting += [rest] if rest else []
                elif len(places) > 1:
                    waiting += _halves(places)
                else:
                    self._refuse(refusal, some_keys[0], some_rows[0])
            else:
                self.is_heard = True
                self.rejected += self._rejected(urlsplit(url).netloc, answer, some_keys, some_rows)

    def _named(self, refusal: RequestRefused, keys: list[str], rows: list[str]) -> Rejected:
        """The rows that the answer blames by name for the refusal of the whole request."""
        try:
            return self._rejected("", refusal.answer, keys, rows)
        except DestinationFailed:
            return []

    def _refuse(self, refusal: RequestRefused, key: str, row: str) -> None:
        """Note a row that was refused alone."""
        self.alone += 1
        if self.alone > MAX_UNHEARD and not self.is_heard:
            raise refusal
        answer = refusal.answer if isinstance(refusal.answer, dict) else {}
        words = next((text for word in (self.settings.answer.reason, *REASONS) if (text := answer.get(word))), "")
        told = f": {words}" if isinstance(words, str) and words else ""
        self.rejected.append((key, without_values(f"refused alone (HTTP {refusal.status}){told}", _cells(row))))

    def _count(self, refusal: RequestRefused, url: str) -> None:
        self.divided += 1
        if self.divided > MAX_DIVIDED:
            raise DestinationFailed(
                f"{urlsplit(url).netloc} refused more than {MAX_DIVIDED} requests of one sync, the last with HTTP"
                f" {refusal.status}; look at what it expects of a row"
            )

    def _rejected(self, host: str, answer: Any, keys: list[str], rows: list[str]) -> Rejected:
        """The refused rows of one request. Raises DestinationFailed where the answer means no row of it: to pass a
        refused row for an accepted one is worse than to fail.
        """
        words = self.settings.answer
        found = answer.get(words.rejected) if isinstance(answer, dict) else None
        if found is None:
            return []
        places = {key: place for place, key in enumerate(keys)}
        rejected = []
        for one in found if isinstance(found, list) else [found]:
            place = one.get(words.index, places.get(str(one.get(words.key)))) if isinstance(one, dict) else None
            if not isinstance(place, int) or not 0 <= place < len(keys):
                raise DestinationFailed(
                    f"{host} refuses rows in words that are not understood; look at `answer` in the feed's YAML"
                )
            reason = without_values(str(one.get(words.reason) or ""), _cells(rows[place]))
            rejected.append((keys[place], reason or "refused without a reason"))
        return rejected


def _halves(places: Sequence[int]) -> list[list[int]]:
    """The second half, then the first, which is taken first."""
    middle = (len(places) + 1) // 2
    return [list(places[middle:]), list(places[:middle])]


def _cells(row: str) -> list[str]:
    return [str(cell) for cell in json.loads(row).values() if cell is not None]
