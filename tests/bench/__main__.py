"""`python -m tests.bench 0.01 0.1`: tables on stdout, progress on stderr; exit 1 where rows differ or a run
fails.
"""

import sys
import tempfile
from pathlib import Path

import click

from dagster_project import progress
from tests.bench import report, trial
from tests.bench.measure import CommandFailed

SMALLEST = 100  # members: hardly any data, so what their run takes any run takes


def tell(text: str) -> None:
    """A line of progress."""
    progress.report("bench", text)


@click.command()
@click.argument("scales", nargs=-1, type=click.FloatRange(min=0.0001), required=True)
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="Keep shops, homes and databases here.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same shops.")
@click.option("--fixed/--no-fixed", default=True, help="Measure what any run takes, with a shop of 100 members.")
def main(scales: tuple[float, ...], keep: Path | None, seed: int, fixed: bool) -> None:
    """Measure full build, daily run and yardstick at each of SCALES (1: a million members)."""
    if keep is not None and keep.exists() and any(keep.iterdir()):
        raise click.UsageError(f"{keep} is not empty; name a new folder")
    with tempfile.TemporaryDirectory(prefix="kizuna-bench-") as temporary:
        try:
            sys.exit(_measure(sorted(set(scales)), keep or Path(temporary), seed, fixed))
        except CommandFailed as failure:
            click.echo(f"bench: {failure}", err=True)
            sys.exit(1)


def _measure(scales: list[float], folder: Path, seed: int, fixed: bool) -> int:
    folder = folder.resolve()
    smallest = trial.run(SMALLEST, seed, folder / "fixed", False, tell) if fixed else None
    trials = {}
    for scale in scales:
        members = round(scale * trial.MEMBERS_AT_1)
        trials[scale] = trial.run(members, seed, folder / f"scale-{scale:g}", True, tell)
        click.echo(report.of_trial(scale, trials[scale]) + "\n")
    click.echo(report.combined(trials, smallest))
    return 1 if any(one.differences for one in trials.values()) else 0


if __name__ == "__main__":
    main(prog_name="python -m tests.bench")
