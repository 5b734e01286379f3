"""An HTTP batch API: rows as JSON in requests that may be repeated, the manifest last where the receiver takes it."""

import json
from pathlib import Path

from dagster_project.activation.feeds.destinations.http_caller import Caller
from dagster_project.activation.feeds.destinations.http_rows import RowSender
from dagster_project.activation.feeds.destinations.http_settings import HttpSettings
from dagster_project.activation.feeds.destinations.protocol import DestinationFailed, Receipt, Sync
from dagster_project.activation.feeds.destinations.rows import read_manifest, sync_files
from dagster_project.home import Home


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
                sender = RowSender(caller, sync, manifest)
                for file in sync_files(folder, manifest):
                    sender.send(file)
                if self.settings.syncs_url:
                    told = manifest | {"rejected": [{"key": key, "reason": reason} for key, reason in sender.rejected]}
                    caller.ask("PUT", self._sync_url(sync), json.dumps(told).encode())
            except DestinationFailed as error:
                error.sent_nothing = not caller.may_have_arrived
                raise
        return Receipt(self.settings.url, tuple(sender.rejected))

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

    def _sync_url(self, sync: Sync) -> str:
        return "/".join((self.settings.syncs_url or "", *sync))
