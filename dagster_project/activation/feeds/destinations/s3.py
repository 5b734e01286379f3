"""An S3-compatible store: the sync's files as objects, its manifest last."""

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import (
    BaseError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from obstore.store import S3Store
from pydantic import Field

from dagster_project.activation.feeds.destinations.protocol import MANIFEST, DestinationFailed, Receipt, Sync
from dagster_project.activation.feeds.destinations.settings import (
    Prefix,
    PublicFile,
    Remote,
    Url,
    Variable,
    from_environment,
    is_loopback,
    public_file,
)
from dagster_project.home import Home

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Config, S3Credential

FAILURES = (BaseError, FileNotFoundError)  # the client raises the latter where a name or a bucket is not known
MANY = 1000  # objects that one request can delete


class S3Settings(Remote):
    """`type: s3`. `endpoint` is for a store that is not Amazon's; `prefix` is where the feeds' folders begin."""

    WHERE: ClassVar[tuple[str, ...]] = ("endpoint", "bucket", "prefix")
    type: Literal["s3"]
    bucket: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    prefix: Prefix = ""
    region: str = Field(default="us-east-1", pattern=r"^[a-z0-9-]+$")
    endpoint: Url | None = None
    access_key_env: Variable = "AWS_ACCESS_KEY_ID"
    secret_key_env: Variable = "AWS_SECRET_ACCESS_KEY"  # noqa: S105 (the name of a variable)
    session_token_env: Variable | None = None
    certificates: PublicFile | None = None  # of the store's own authority, beside the system's


class S3Destination:
    """A sync becomes `<prefix>/<feed_id>/<sync_id>/`; without its manifest it is not there.

    The client itself tries again, with growing random waits, after a lost connection or a server's fault.
    """

    by_row = False
    leaves_parts = False

    def __init__(self, settings: S3Settings, home: Home):
        self.settings = settings
        self.host = urlsplit(settings.endpoint).hostname or "" if settings.endpoint else f"s3.{settings.region}"
        self.bucket = f"{self.host}: bucket {settings.bucket}"

    def send(self, sync: Sync, folder: Path, names: list[str]) -> Receipt:
        """See Destination. An object is there whole or not at all; the store compares each with its SHA-256."""
        store = self._store()
        for name in names:
            try:
                obstore.put(store, f"{self._place(sync)}/{name}", folder / name)
            except FAILURES as error:
                failure = self._failed(error, f"did not take {name}")
                failure.sent_nothing = name == names[0] and not failure.is_passing
                raise failure from None
        return self._receipt(sync)

    def holds(self, sync: Sync) -> Receipt | None:
        """See Destination."""
        try:
            obstore.head(self._store(), f"{self._place(sync)}/{MANIFEST}")
        except FileNotFoundError:
            # A bucket that is not there answers the same, and would pass for one that lost the sync.
            self._names(sync)
            return None
        except FAILURES as error:
            raise self._failed(error, "cannot be asked") from None
        return self._receipt(sync)

    def discard(self, sync: Sync) -> None:
        """See Destination. Leaves a sync that is whole."""
        if self.holds(sync):
            return
        names = self._names(sync)
        try:
            for first in range(0, len(names), MANY):
                obstore.delete(self._store(), names[first : first + MANY])
        except FAILURES as error:
            raise self._failed(error, "did not delete what an interrupted sync left") from None

    def _names(self, sync: Sync) -> list[str]:
        try:
            return [
                str(found["path"]) for chunk in obstore.list(self._store(), prefix=self._place(sync)) for found in chunk
            ]
        except FAILURES as error:
            raise self._failed(error, "cannot be listed") from None

    def _store(self) -> S3Store:
        settings = self.settings
        keys: S3Credential = {
            "access_key_id": from_environment(settings.access_key_env, "access key", self.bucket),
            "secret_access_key": from_environment(settings.secret_key_env, "secret key", self.bucket),
            "token": from_environment(settings.session_token_env, "session token", self.bucket)
            if settings.session_token_env
            else None,
            "expires_at": None,
        }
        config: S3Config = {
            "region": settings.region,
            "virtual_hosted_style_request": settings.endpoint is None,
            "checksum_algorithm": "sha256",
        }
        if settings.endpoint:
            config["endpoint"] = settings.endpoint
        seconds = timedelta(seconds=settings.timeout_seconds)
        options: ClientConfig = {
            "allow_http": bool(settings.endpoint) and is_loopback(self.host),
            "connect_timeout": seconds,
            "timeout": seconds,
        }
        if settings.certificates:
            options["root_certificate"] = self._certificates(public_file(settings.certificates))
        return self._opened(
            settings.bucket,
            config=config,
            client_options=options,
            retry_config={
                "max_retries": settings.attempts - 1,
                "retry_timeout": timedelta(seconds=settings.give_up_after_seconds),
            },
            # Given one by one: the client's own search would take the machine's other keys where these are wrong.
            credential_provider=lambda: keys,
        )

    def _opened(self, bucket: str, **given: Any) -> S3Store:
        try:
            if any(sign.isspace() for sign in self.settings.endpoint or ""):
                raise ValueError  # the client would panic, which ends more than this feed
            return S3Store(bucket, **given)
        except (BaseError, ValueError):  # its words may quote what it was given
            words = "the client cannot be set up; look at endpoint, and whether `certificates` is a PEM file"
            raise DestinationFailed(f"{self.bucket}: {words}", sent_nothing=True) from None

    def _certificates(self, path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise DestinationFailed(
                f"{self.bucket}: the certificates {path} cannot be read ({error.strerror})", sent_nothing=True
            ) from None

    def _receipt(self, sync: Sync) -> Receipt:
        return Receipt(f"s3://{self.settings.bucket}/{self._place(sync)}")

    def _place(self, sync: Sync) -> str:
        return "/".join(part for part in (*self.settings.prefix.strip("/.").split("/"), *sync) if part)

    def _failed(self, error: Exception, what: str) -> DestinationFailed:
        # The client's own words may quote the store's answer, and with it the access key.
        settings, words = self.settings, str(error).lower()
        if isinstance(error, PermissionDeniedError | UnauthenticatedError):
            remedy = f"look at its policy, and at the keys in {settings.access_key_env} and {settings.secret_key_env}"
            return DestinationFailed(f"{self.bucket} {what}: the store refuses these keys; {remedy}")
        if isinstance(error, FileNotFoundError) or "nosuchbucket" in words:
            return DestinationFailed(f"{self.bucket} {what}: there is no such bucket; make it, or correct its name")
        if "certificate" in words or "tls" in words:
            return DestinationFailed(
                f"{self.bucket} {what}: its certificate is not trusted; name its authority's file as `certificates`"
            )
        refused = re.search(r"status code: (4\d\d)", words)
        if refused:
            remedy = "look at region and endpoint"
            return DestinationFailed(f"{self.bucket} {what}: the store answers HTTP {refused[1]}; {remedy}")
        tried = f" (tried {settings.attempts} times)" if settings.attempts > 1 else ""
        return DestinationFailed(
            f"{self.bucket} {what}: the store does not answer as it should{tried}; look whether it is up", True
        )
