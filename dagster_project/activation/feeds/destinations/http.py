"""An HTTP batch API: rows as JSON in requests that may be repeated, the manifest last where the receiver takes it."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dagster_project.activation.feeds.destinations.http_caller import Caller
from dagster_project.activation.feeds.destinations.http_settings import HttpSettings
from dagster_project.activation.feeds.destinations.protocol import DestinationFailed, Receipt, Sync
from dagster_project.activation.feeds.destinations.rows import batches, read_manifest, sync_files, without_values
from dagster_project.home import Home

Rejected = list[tuple[str, str]]


class HttpDestination:
    """Rows go in order, each request with an Idempotency-Key of its own: a receiver that honours it takes a repeated
    request once, one that does not writes the same rows by key again.
    """

    by_row = True
    leaves_parts = True

    def __init__(self, settings: HttpSettings, home: Home):
        self.settings = settings

    def send(self, sync: Sync, folder: Path, names: list[str]) -> Receipt:
        """See Destination. The failure says `sent_nothing` where no request can have come through."""
        manifest = read_manifest(folder)
        with Caller(self.settings) as caller:
            try:
                rejected = self._send_rows(caller, sync, folder, manifest)
                if self.settings.syncs_url:
                    told = manifest | {"rejected": [{"key": key, "reason": reason} for key, reason in rejected]}
                    caller.ask("PUT", self._sync_url(sync), json.dumps(told).encode())
            except DestinationFailed as error:
                error.sent_nothing = not caller.may_have_arrived
                raise
        return Receipt(self.settings.url, tuple(rejected))

    def holds(self, sync: Sync) -> Receipt | None:
        """See Destination. None also where the receiver cannot say which rows it refused."""
        if not self.settings.syncs_url:
            return None
        with Caller(self.settings) as caller:
            answer = caller.ask("GET", self._sync_url(sync), missing_ok=True)
        try:
            refused = tuple((str(one["key"]), str(one["reason"])) for one in answer["rejected"])
        except (KeyError, TypeError):
            return None
        return Receipt(self.settings.url, refused)

    def discard(self, sync: Sync) -> None:
        """See Destination. Rows that a receiver has taken cannot be taken back: the next sync puts them right."""

    def _send_rows(self, caller: Caller, sync: Sync, folder: Path, manifest: dict[str, Any]) -> Rejected:
        settings = self.settings
        rejected: Rejected = []
        for file in sync_files(folder, manifest):
            url = (settings.deletes_url if file.is_deletes else None) or settings.url
            head = {"feed_id": sync[0], "sync_id": sync[1], "op": "delete" if file.is_deletes else "upsert"}
            start = json.dumps(head | {"key": manifest["key"]})[:-1] + f", {json.dumps(settings.rows_field)}: ["
            parts = batches(file, manifest, settings.rows_per_request, settings.bytes_per_request)
            for number, (keys, rows) in enumerate(parts, start=1):
                body = f"{start}{','.join(rows)}]}}".encode()
                name = f"{sync[0]}-{sync[1]}-{file.path.stem}-{number:06d}"
                answer = caller.ask("POST", url, body, {"Idempotency-Key": name})
                rejected += self._rejected(urlsplit(url).netloc, answer, keys, rows)
        return rejected

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
            cells = [str(cell) for cell in json.loads(rows[place]).values() if cell is not None]
            reason = without_values(str(one.get(words.reason) or ""), cells)
            rejected.append((keys[place], reason or "refused without a reason"))
        return rejected

    def _sync_url(self, sync: Sync) -> str:
        return "/".join((self.settings.syncs_url or "", *sync))
