"""Running a command as a person would: its wall time, its stages, the peak memory of its process tree."""

import itertools
import os
import re
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

SAMPLE_EVERY = 0.1  # seconds: finer sampling costs a measurable share of one of two cores
_LINE = re.compile(r"\[ *(?P<seconds>[0-9.]+) s\] (?P<what>\S+) +(?P<detail>started|\S.*)$")


class CommandFailed(Exception):
    """The command ended with another status than 0; the text is the end of its stderr."""


@dataclass(frozen=True)
class Measured:
    """Wall seconds, seconds per part in order, peak resident bytes (sum over the process tree), processor seconds
    (user and system), stdout, processor seconds per part."""

    seconds: float
    parts: dict[str, float] = field(default_factory=dict)
    peak_bytes: int = 0
    processor_seconds: float = 0.0
    stdout: str = ""
    used: dict[str, float] = field(default_factory=dict)


def measured(command: list[str], cwd: Path, environment: dict[str, str], tell: Callable[[str], None]) -> Measured:
    """Run `command` to its end; raises CommandFailed. `tell` gets each stage that starts."""
    started, used = time.monotonic(), _processor_seconds()
    process = subprocess.Popen(
        command, cwd=cwd, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    tree = psutil.Process(process.pid)
    marks: list[tuple[str, float]] = []
    used_by: list[tuple[str, float]] = []
    lines: list[str] = []
    output: list[str] = []

    def listen() -> None:
        assert process.stderr is not None
        for line in process.stderr:
            lines.append(line)
            found = _LINE.match(line.rstrip())
            if found and found["detail"] == "started":
                tell(found["what"])
            if found and (found["detail"] == "started" or found["what"] == "done"):
                marks.append((found["what"], time.monotonic() - started))
                used_by.append((found["what"], _used_so_far(tree)))

    def collect() -> None:
        assert process.stdout is not None
        output.append(process.stdout.read())

    threads = [threading.Thread(target=listen), threading.Thread(target=collect)]
    for thread in threads:
        thread.start()
    peak = _watch(process, tree)
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - started
    if process.returncode != 0:
        raise CommandFailed(f"{' '.join(command)} ended with {process.returncode}:\n{''.join(lines[-15:])}")
    total = _processor_seconds() - used
    return Measured(seconds, _parts(marks, seconds), peak, total, "".join(output), _parts(used_by, total))


def _processor_seconds() -> float:
    """What all ended children of this process have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _used_so_far(tree: psutil.Process) -> float:
    """What a running process has used; its children are not counted until they end."""
    times = tree.cpu_times()
    return times.user + times.system + times.children_user + times.children_system


def _watch(process: subprocess.Popen, tree: psutil.Process) -> int:
    """Wait for `process`; returns the peak resident bytes of it and its descendants."""
    peak = 0
    while process.poll() is None:
        resident = 0
        for one in [tree, *_descendants(tree)]:
            try:
                resident += one.memory_info().rss
            except psutil.Error:
                continue
        peak = max(peak, resident)
        time.sleep(SAMPLE_EVERY)
    return peak


def _descendants(tree: psutil.Process) -> list[psutil.Process]:
    try:
        return tree.children(recursive=True)
    except psutil.Error:
        return []


def _parts(marks: list[tuple[str, float]], seconds: float) -> dict[str, float]:
    """What happened between one mark and the next; before the first is start-up, after `done` the summary."""
    if not marks:
        return {}
    points = [
        ("start-up", 0.0),
        *[("summary" if name == "done" else name, at) for name, at in marks],
        ("", seconds),
    ]
    parts: dict[str, float] = {}
    for (name, at), (_, following) in itertools.pairwise(points):
        parts[name] = parts.get(name, 0.0) + following - at
    return parts


def machine() -> str:
    """The size of this machine in words, and how busy it has been: other work makes wall times worthless."""
    cores, memory = psutil.cpu_count() or 0, psutil.virtual_memory().total / 2**30
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    load = os.getloadavg()[2]
    return f"{cores} cores, {memory:.0f} GB of memory, Python {python}, load average over 15 minutes {load:.1f}"
