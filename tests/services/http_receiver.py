"""A receiver with an HTTP batch API on this machine, which can be told to misbehave: request by request, in order."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

OK = "ok"
HANG = "take the request, then say nothing"
CUT_BEFORE = "drop the connection without taking the request"
CUT_AFTER = "take the request, then drop the connection"
HALF = "take the request, then break off in the middle of the answer"


class Receiver(ThreadingHTTPServer):
    """`table`: the rows it has by key; `requests`: (method, path, headers, body) of each, `contents`: its bytes;
    `script`: what to do with the next ones, one of the words above or (status, headers); `refuses`: the reason by key;
    `spoilt_by`: (status, answer) to every request with a row of that key; `largest`: bytes of a request, more is 413.
    """

    daemon_threads = True

    def __init__(self, context: ssl.SSLContext | None = None):
        super().__init__(("127.0.0.1", 0), _Handler)
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.scheme = "https" if context else "http"
        self.table: dict[str, dict[str, Any]] = {}
        self.syncs: dict[str, Any] = {}
        self.requests: list[tuple[str, str, dict[str, str], Any]] = []
        self.contents: list[bytes] = []
        self.script: list[Any] = []
        self.refuses: dict[str, str] = {}
        self.spoilt_by: dict[str, tuple[int, Any]] = {}
        self.largest = 10**9
        self.answers: dict[str, bytes] = {}
        self.closing = threading.Event()
        self.answer_of = self.refused_by_key

    @property
    def url(self) -> str:
        """Where rows go."""
        return f"{self.scheme}://127.0.0.1:{self.server_address[1]}/rows"

    def settings(self, **changes: Any) -> dict[str, Any]:
        """A `destination` block for it."""
        return {"type": "http", "url": self.url, "attempts": 3, **changes}

    def bodies(self, method: str = "POST") -> list[Any]:
        """What was sent, request by request."""
        return [body for sent, _, _, body in self.requests if sent == method]

    def refused_by_key(self, keys: list[str]) -> Any:
        """The answer to rows with these keys."""
        return {"rejected": [{"key": key, "reason": self.refuses[key]} for key in keys if key in self.refuses]}

    def take(self, body: Any) -> bytes:
        """Apply a request's rows; the answer."""
        key, keys = body["key"], []
        for row in body["rows"]:
            keys.append(row[key])
            if row[key] in self.refuses:
                continue
            if body["op"] == "delete":
                self.table.pop(row[key], None)
            else:
                self.table[row[key]] = row
        return json.dumps(self.answer_of(keys)).encode()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that gives up is what tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Receiver

    def log_message(self, *_: Any) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_GET(self) -> None:
        self._serve()

    def _serve(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        server, body = self.server, json.loads(content) if content else None
        server.contents.append(content)
        server.requests.append((self.command, self.path, dict(self.headers), body))
        act = server.script.pop(0) if server.script else OK
        if act == CUT_BEFORE:
            self.close_connection = True
            return self.connection.close()
        if isinstance(act, tuple):
            return self._answer(act[0], b"", act[1])
        status, answer = self._taken(body)
        if act == HANG:
            server.closing.wait(10)
        if act in {HANG, CUT_AFTER}:
            self.close_connection = True
            return self.connection.close()
        return self._answer(status, answer, {}, len(answer) + 100 if act == HALF else None)

    def _taken(self, body: Any) -> tuple[int, bytes]:
        server = self.server
        if self.command == "PUT":
            server.syncs[self.path] = body
            return 204, b""
        if self.command == "GET":
            known = server.syncs.get(self.path)
            return (200, json.dumps(known).encode()) if known else (404, b"")
        if len(server.contents[-1]) > server.largest:
            return 413, b""
        for key in (row[body["key"]] for row in body["rows"]):
            if key in server.spoilt_by:
                status, answer = server.spoilt_by[key]
                return status, json.dumps(answer).encode()
        name = self.headers["Idempotency-Key"]
        if name not in server.answers:
            server.answers[name] = server.take(body)
        return 200, server.answers[name]

    def _answer(self, status: int, content: bytes, headers: dict[str, str], length: int | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length or len(content)))
        self.end_headers()
        self.wfile.write(content)
        if length:
            self.close_connection = True
            self.connection.close()


@contextmanager
def receiver(context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A running receiver."""
    server = Receiver(context)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
