"""An S3-compatible store on this machine: moto's, behind a door that can be told to misbehave."""

import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

DENIED = b"<Error><Code>SignatureDoesNotMatch</Code><AWSAccessKeyId>AKIASHOWN</AWSAccessKeyId></Error>"


@dataclass
class Store:
    """The store. `requests`: (method, path) of each; `spoil`: a status for a request that shall fail, or None."""

    port: int = 0
    requests: list[tuple[str, str]] = field(default_factory=list)
    spoil: Callable[[str, str], int | None] = lambda method, path: None

    def settings(self, **changes: Any) -> dict[str, Any]:
        """A `destination` block for it."""
        return {
            "type": "s3",
            "endpoint": f"http://127.0.0.1:{self.port}",
            "bucket": "kizuna-feeds",
            "access_key_env": "KIZUNA_S3_KEY",
            "secret_key_env": "KIZUNA_S3_SECRET",
            "attempts": 2,
            **changes,
        }

    def client(self) -> Any:
        """Another client of the store: Amazon's own."""
        return boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{self.port}",
            aws_access_key_id="x",
            aws_secret_access_key="x",
            region_name="us-east-1",
            config=Config(proxies={}),
        )

    def objects(self) -> dict[str, int]:
        """Size by name."""
        found = self.client().list_objects_v2(Bucket="kizuna-feeds")
        return {one["Key"]: one["Size"] for one in found.get("Contents", [])}

    def uploads(self) -> list[str]:
        """Names in the order in which their upload was asked for."""
        return [path.removeprefix("/kizuna-feeds/") for method, path in self.requests if method == "PUT"]

    def empty(self) -> None:
        """As at the beginning: one bucket, nothing in it."""
        self.spoil = lambda method, path: None
        client = self.client()
        for name in self.objects() if self._has_bucket(client) else ():
            client.delete_object(Bucket="kizuna-feeds", Key=name)
        client.create_bucket(Bucket="kizuna-feeds")
        self.requests.clear()

    def _has_bucket(self, client: Any) -> bool:
        return any(bucket["Name"] == "kizuna-feeds" for bucket in client.list_buckets()["Buckets"])


@contextmanager
def store(context: ssl.SSLContext | None = None) -> Iterator[Store]:
    """A running store, with TLS where a context is given. What lies in it is one for all stores of this process."""
    inner, made = DomainDispatcherApplication(create_backend_app), Store()

    def door(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        made.requests.append((method, path))
        status = made.spoil(method, path)
        if status is None:
            return inner(environ, start)
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        start(f"{status} spoiled", [("Content-Type", "application/xml"), ("Content-Length", str(len(DENIED)))])
        return [DENIED]

    server = make_server("127.0.0.1", 0, door, threaded=True, ssl_context=context)
    made.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
