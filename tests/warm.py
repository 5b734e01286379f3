"""The command line in processes that need neither import the libraries nor parse the dbt project: half of a small run.

Each call is a process of its own, forked from a server that has imported Dagster, dbt and Great Expectations and read
the parsed project, and done nothing else: a server that had parsed it would hold threads of dbt's parser, and its
children would wait for them for ever. The `shop` of `tests/conftest.py` is made by the console script itself.
"""

import multiprocessing
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

from filelock import FileLock

from dagster_project.project import DBT_PROJECT, ROOT, seeds

LIBRARIES = ["dagster_dbt", "dagster_duckdb", "dbt.cli.main", "great_expectations", "pandas"]
SECONDS = 1200  # longer than any command of the tests takes on a busy machine
PARSED = "KIZUNA_TESTS_PARSED"
SHARED = "KIZUNA_TESTS_SHARED"  # a folder of all of pytest's workers, where there are several: one parses for all
_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload([*LIBRARIES, "tests.warm"])
# Parts of dbt's Manifest; read where the server imports this module, before anything is forked from it.
_parsed: dict[str, Any] = pickle.loads(Path(os.environ[PARSED]).read_bytes()) if PARSED in os.environ else {}  # noqa: S301


def _compile_templates() -> None:
    """Compile the project's Jinja here, in the server: anew for every model, test and macro, it is a fifth of a run."""
    import jinja2
    from dbt_common.clients.jinja import get_environment

    compile_anew, compiled = jinja2.Environment.compile, {}

    def compile_once(self: Any, source: Any, *arguments: Any, **named: Any) -> Any:
        if arguments or named or not isinstance(source, str):
            return compile_anew(self, source, *arguments, **named)
        key = (type(self), source)
        if key not in compiled:
            compiled[key] = compile_anew(self, source)
        return compiled[key]

    jinja2.Environment.compile = compile_once  # type: ignore[method-assign]
    environment = get_environment()
    sources = [macro.macro_sql for macro in _parsed["macros"].values()]
    sources += [node.raw_code for node in _parsed["nodes"].values() if node.resource_type != "seed"]
    for source in sources:
        environment.compile(source)


if _parsed:
    _compile_templates()


def start(
    arguments: list[str],
    environment: Mapping[str, str],
    folder: Path,
    told: Path,
    complained: Path,
    command: Callable[[], None] | None = None,
) -> Any:
    """Start `kizuna` with `arguments` in `folder`, writing to two files; returns the process, a multiprocessing one.

    `command`: another one than `kizuna` itself, that of a test; it finds `arguments` where a program finds them.
    """
    _start_server()
    process = _processes.Process(
        target=_command, args=(arguments, dict(environment), str(folder), str(told), str(complained), command)
    )
    process.start()
    return process


def kizuna(
    arguments: list[str], environment: Mapping[str, str], folder: Path, command: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `kizuna` with `arguments` in `folder`: as `subprocess.run` with captured text, whatever the exit status."""
    with tempfile.TemporaryDirectory() as scratch:
        told, complained = Path(scratch, "stdout"), Path(scratch, "stderr")
        process = start(arguments, environment, folder, told, complained, command)
        process.join(SECONDS)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"kizuna {' '.join(arguments)} did not end: {complained.read_text()[-2000:]}")
        return subprocess.CompletedProcess(
            arguments, process.exitcode, *(file.read_text(errors="replace") for file in (told, complained))
        )


@cache
def _start_server() -> None:
    """Parse the dbt project in a process that goes, and start the server with what it wrote."""
    from multiprocessing.forkserver import ensure_running

    with tempfile.TemporaryDirectory() as scratch:
        file = Path(os.environ.get(SHARED, scratch), "manifest")
        with FileLock(file.with_suffix(".lock")):
            if not file.exists():
                half = Path(scratch, "half")
                subprocess.run([sys.executable, "-m", "tests.warm", str(half), scratch], cwd=ROOT, check=True)
                shutil.copy(half, file.with_suffix(".tmp"))
                file.with_suffix(".tmp").rename(file)
        os.environ[PARSED] = str(file)
        ensure_running()
        del os.environ[PARSED]
        # The server has read the file when its first child ends.
        process = _processes.Process(target=_nothing)
        process.start()
        process.join()


def _nothing() -> None:
    pass


def _write_parsed(file: Path, home: Path) -> None:
    """Parse the project and write its Manifest in parts: dbt's own pickling of the whole mixes its lookups up."""
    from dagster_project import dbt_runner
    from dagster_project.home import Home

    manifest = dbt_runner.parsed(Home(home))
    parts = {part.name: getattr(manifest, part.name) for part in fields(manifest) if not part.name.startswith("_")}
    file.write_bytes(pickle.dumps(parts))


def _command(
    arguments: list[str],
    environment: dict[str, str],
    folder: str,
    told: str,
    complained: str,
    command: Callable[[], None] | None,
) -> None:
    for number, file in ((1, told), (2, complained)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["kizuna", *arguments]
    _give_manifest()
    if command is None:
        from dagster_project.cli import main as command
    command()


def _give_manifest() -> None:
    """The parsed project to dbt_runner. A shop's own rule tables lie elsewhere; all else of them is as shipped."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.flags import set_from_args

    from dagster_project import dbt_runner

    set_from_args(Namespace(SEND_ANONYMOUS_USAGE_STATS=False), {})  # what parsing would have set
    manifest = Manifest(**_parsed)
    for node in manifest.nodes.values():
        if node.resource_type == "seed":
            name = Path(node.original_file_path).name
            node.original_file_path = os.path.relpath(seeds() / "rules" / name, DBT_PROJECT)
    dbt_runner.adopt(manifest)


if __name__ == "__main__":
    _write_parsed(Path(sys.argv[1]), Path(sys.argv[2]))
