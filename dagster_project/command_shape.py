"""What every command has: plain words instead of tracebacks, `--home`, `--json`. No command stands here."""

import gc
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from dagster_project.errors import KizunaError, remedy
from dagster_project.home import DEFAULT_HOME

DATE = click.DateTime(["%Y-%m-%d"])


class Group(click.Group):
    """A group of commands whose users see plain words instead of tracebacks."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an error of ours ends it with its message and exit status."""
        try:
            return super().invoke(ctx)
        except KizunaError as error:
            click.echo(f"kizuna: {error}", err=True)
            status = error.exit_code
        except BrokenPipeError:
            status = 1
        except Exception as error:
            if not (mend := remedy(str(error))):
                raise
            click.echo(f"kizuna: {' '.join(str(error).split())}; {mend}", err=True)
            status = 1
        # Outside the handler, and collected: the error's frames hold connections; DuckDB would complain at exit.
        gc.collect()
        ctx.exit(status)


def home_option(command: Callable) -> Callable:
    """`--home DIR` and `--json`, which every command takes."""
    command = click.option("--json", "as_json", is_flag=True, help="Print results as JSON.")(command)
    return click.option(
        "--home",
        "home_path",
        type=click.Path(path_type=Path, file_okay=False),
        envvar="KIZUNA_HOME",
        default=DEFAULT_HOME,
        show_default=True,
        help="The folder under which all that a run writes lies.",
    )(command)


def show(result: Any, as_json: bool, text: Callable[[], None]) -> None:
    """Print `result` for machines, or call `text` for people."""
    if as_json:
        click.echo(json.dumps(result, ensure_ascii=False, default=str, indent=1))
    else:
        text()
