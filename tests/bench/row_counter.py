"""A receiver of rows over HTTP, in a process of its own, that only keeps what it is sent: what it costs is nobody's.

`POST /<name>` takes `{"rows": [...]}`, and `{"op": "delete", ...}` takes them away. `GET /` tells and forgets how many
rows and deletions each name has sent, and in how many rows that both have the two of COMPARED differ.
"""

import json
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "user_id"
COMPARED = ("kizuna", "drt")
Rows = list[dict[str, Any]]


class Received:
    """What each name has sent: its rows by key, and how many since it was last asked."""

    def __init__(self) -> None:
        self.held: dict[str, dict[str, dict[str, str]]] = {}
        self.counts: dict[str, Counter[str]] = {}

    def take(self, name: str, op: str, rows: Rows) -> None:
        """Keep the rows of one request, or take them away."""
        held = self.held.setdefault(name, {})
        self.counts.setdefault(name, Counter())["deletions" if op == "delete" else "rows"] += len(rows)
        for row in rows:
            if op == "delete":
                held.pop(row[KEY], None)
            else:
                held[row[KEY]] = {column: _plain(cell) for column, cell in row.items()}

    def tell(self) -> dict[str, Any]:
        """The counts since the last time, and the differing rows."""
        counts, self.counts = self.counts, {}
        return {"counts": counts, "differing": differing(*(self.held.get(name, {}) for name in COMPARED))}


def differing(left: dict[str, dict[str, str]], right: dict[str, dict[str, str]]) -> int:
    """The keys that both hold with different cells, in the columns that both have."""
    both = left.keys() & right.keys()
    return sum(any(left[key][column] != right[key].get(column) for column in left[key]) for key in both)


def _plain(cell: Any) -> str:
    """A cell as text, so that 5, 5.00 and "5" are one value, and null and "" are."""
    if cell is None or isinstance(cell, bool):
        return "" if cell is None else str(cell).lower()
    try:
        return format(Decimal(str(cell)).normalize(), "f")
    except InvalidOperation:
        return str(cell)


@contextmanager
def receiver() -> Iterator[str]:
    """The address of a receiver that is there within the context."""
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.row_counter"], text=True, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.terminate()
        process.wait()


def told(address: str) -> dict[str, Any]:
    """What the receiver at `address` tells."""
    with urllib.request.urlopen(address) as answer:
        return json.load(answer)


def serve() -> None:
    """Print the port, then serve until the process is ended."""
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Without this the answer's head waits for the acknowledgement of the packet before it: 40 ms a request.
        wbufsize = -1

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            received.take(self.path.strip("/"), body.get("op", "upsert"), body["rows"])
            self._answer({})

        def do_GET(self) -> None:
            self._answer(received.tell())

        def _answer(self, content: dict[str, Any]) -> None:
            text = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: a line a request would be most of what it prints."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    serve()
