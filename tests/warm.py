"""The command line in processes that need not import Dagster, dbt and Great Expectations anew, a third of a small run.

Each call is a process of its own, forked from a server that has imported the libraries and done nothing else: a server
that had parsed the dbt project would hold threads of dbt's parser, and its children would wait for them for ever.
`tests/pipeline/test_command_line.py` and the tests that kill a run start the console script itself.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

LIBRARIES = ["dagster_dbt", "dagster_duckdb", "dbt.cli.main", "great_expectations", "pandas"]
SECONDS = 1200  # longer than any command of the tests takes on a busy machine
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([*LIBRARIES, "tests.warm"])


def kizuna(arguments: list[str], environment: Mapping[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run `kizuna` with `arguments` in `folder`: as `subprocess.run` with captured text, whatever the exit status."""
    with tempfile.TemporaryDirectory() as scratch:
        told, complained = Path(scratch, "stdout"), Path(scratch, "stderr")
        process = _processes.Process(
            target=_command, args=(arguments, dict(environment), str(folder), str(told), str(complained))
        )
        process.start()
        process.join(SECONDS)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"kizuna {' '.join(arguments)} did not end: {complained.read_text()[-2000:]}")
        return subprocess.CompletedProcess(
            arguments, process.exitcode, *(file.read_text(errors="replace") for file in (told, complained))
        )


def _command(arguments: list[str], environment: dict[str, str], folder: str, told: str, complained: str) -> None:
    for number, file in ((1, told), (2, complained)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["kizuna", *arguments]
    from dagster_project.cli import main

    main()
