"""Measuring a command: its stages are read off its progress, its memory off the process tree."""

import os
import sys
from pathlib import Path

import pytest

from tests.bench.measure import CommandFailed, measured

STAGES = """
import sys, time
def say(text): print(text, file=sys.stderr, flush=True)
time.sleep(0.2); say("[   0.2 s] landing      started")
say("[   0.2 s]              landing.files: 3 rows")
held = bytearray(200_000_000); time.sleep(0.5); say("[   0.7 s] staging      started")
time.sleep(0.2); say("[   0.9 s] done         daily of 2026-01-01"); print("results")
"""


def test_stages_memory_and_output_of_a_command(tmp_path: Path) -> None:
    stages: list[str] = []
    found = measured([sys.executable, "-c", STAGES], tmp_path, dict(os.environ), stages.append)
    assert stages == ["landing", "staging"]
    assert list(found.parts) == ["start-up", "landing", "staging", "summary"]
    assert sum(found.parts.values()) == pytest.approx(found.seconds)
    assert found.parts["landing"] >= 0.45
    assert found.peak_bytes > 200_000_000
    assert found.stdout == "results\n"


def test_a_command_that_fails_is_no_measurement(tmp_path: Path) -> None:
    with pytest.raises(CommandFailed, match="broken"):
        measured([sys.executable, "-c", "raise SystemExit('broken')"], tmp_path, dict(os.environ), print)
