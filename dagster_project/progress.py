"""Progress of long work, for people: one line per event on stderr. Results go to stdout, never through here."""

import sys
import time

_STARTED = time.monotonic()


def report(what: str, detail: str = "") -> None:
    """Print `what` (a stage or a step) and `detail` with the seconds since the process started."""
    print(f"[{time.monotonic() - _STARTED:6.1f} s] {what:<12} {detail}".rstrip(), file=sys.stderr, flush=True)
