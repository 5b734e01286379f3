"""The command line. Results on stdout, progress on stderr; exit 0 done, 1 stopped, 2 wrong use or configuration."""

import atexit
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import click

from dagster_project.activation.audiences.commands import audience, conditions
from dagster_project.activation.plan.commands import plan
from dagster_project.activation.results.commands import results
from dagster_project.command_shape import DATE, Group, home_option, show
from dagster_project.customer.commands import card, path, why
from dagster_project.errors import UsageError
from dagster_project.garbage import collect_rarely
from dagster_project.home import DEFAULT_HOME, Home
from dagster_project.landing.commands import landing
from dagster_project.privacy.commands import erasures
from dagster_project.scores.commands import scores


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="kizuna", message="%(version)s")
def cli() -> None:
    """Kizuna: one person behind many identifiers, marts that say who the customers are, lists and feeds that go out."""


@cli.command()
@home_option
@click.option("--as-of", type=DATE, help="The Tokyo day to run. [default: yesterday in Tokyo]")
@click.option(
    "--sources",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("sources"),
    show_default=True,
    help="The folder with one folder per source.",
)
@click.option("--skip-refused", is_flag=True, help="Go on without files that cannot be landed whole.")
def run(home_path: Path, as_json: bool, as_of: datetime | None, sources: Path, skip_refused: bool) -> None:
    """Run the daily job, whole: from landing to delivery."""
    from dagster_project import runner, summary
    from dagster_project.run_context import tokyo_today

    day = as_of.date() if as_of else tokyo_today() - timedelta(days=1)
    if day > tokyo_today():
        raise UsageError(f"--as-of {day} is after today ({tokyo_today()} in Tokyo)")
    _require_folder(sources)
    home = Home.open(home_path)
    before = summary.syncs(home)
    runner.run_daily(home, day, sources, skip_refused)
    result = summary.of_run(home, day, before)
    show(result, as_json, lambda: summary.print_run(result))


def _require_folder(sources: Path) -> None:
    if not sources.is_dir():
        raise UsageError(
            f"there is no folder {sources}; name one with --sources, or make one with: kizuna simulate --out sources"
        )


@cli.command()
@home_option
@click.option("--at", help="The hour as an ISO time; without an offset it is Tokyo's. [default: the last full hour]")
@click.option(
    "--sources",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder with one folder per source. [default: that of this home's last run, else sources]",
)
@click.option("--skip-refused", is_flag=True, help="Go on without files that cannot be landed whole.")
def activate(home_path: Path, as_json: bool, at: str | None, sources: Path | None, skip_refused: bool) -> None:
    """Run the hourly job: land new events, write the lists and feeds that are due.

    Where another run holds the home it waits (setting hourly_wait_minutes), then is skipped and says so, exit 0.
    """
    from dagster_project import runner, summary
    from dagster_project.publish.runs import newest_published
    from dagster_project.run_context import tokyo_today

    cut_off = _cut_off(at)
    if cut_off > datetime.now(UTC):
        raise UsageError(f"--at {at} is in the future")
    home = Home.open(home_path)
    folder = sources or runner.last_sources(home) or Path("sources")
    _require_folder(folder)
    day, newest = tokyo_today(cut_off), newest_published(home)
    if newest is not None and day < newest:
        raise UsageError(f"--at {at} is before {newest}, which this home has published; past hours are over")
    before = summary.syncs(home)
    skipped = runner.run_hourly(home, cut_off, day, folder, skip_refused)
    if skipped:
        show({"skipped": skipped}, as_json, lambda: click.echo(skipped))
        return
    result = summary.of_activation(home, cut_off, before)
    show(result, as_json, lambda: summary.print_activation(result))


def _cut_off(at: str | None) -> datetime:
    from dagster_project.run_context import TOKYO

    given = datetime.now(UTC)
    if at is not None:
        try:
            given = datetime.fromisoformat(at)
        except ValueError:
            raise UsageError(f"--at {at!r} is not an ISO time such as 2026-04-01T15:00") from None
        given = given.astimezone(UTC) if given.tzinfo else (given - TOKYO).replace(tzinfo=UTC)
    return given.replace(minute=0, second=0, microsecond=0)


@cli.command()
@home_option
@click.option("--members", default=2000, show_default=True, help="Members of the simulated shop.")
@click.option("--days", default=365, show_default=True, help="Days of its history.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same shop.")
def demo(home_path: Path, as_json: bool, members: int, days: int, seed: int) -> None:
    """Simulate a small shop, run it in .kizuna-demo, show the results.

    In a new home it runs twice: as of four weeks ago, then, what was listed having been answered, as of yesterday.
    """
    from dagster_project import summary
    from dagster_project.run_context import tokyo_today
    from dagster_project.sample import demo as example

    home = Home.open(home_path if home_path != DEFAULT_HOME else Path(".kizuna-demo"))
    day = tokyo_today() - timedelta(days=1)
    before = summary.syncs(home)
    example.run(home, day, members, days, seed)
    result = summary.of_run(home, day, before)
    show(result, as_json, lambda: summary.print_demo(home, result))


@cli.command()
@click.option("--members", required=True, type=click.IntRange(1), help="How many members.")
@click.option("--days", default=365, show_default=True, type=click.IntRange(1), help="How many days of history.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same shop.")
@click.option("--last-day", type=DATE, help="The last day of the history. [default: yesterday in Tokyo]")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="A new folder.")
@home_option
def simulate(
    members: int, days: int, seed: int, last_day: datetime | None, out: Path, home_path: Path, as_json: bool
) -> None:
    """Write a simulated shop: sources in the formats of a real one, and `truth/`, what was planted."""
    from dagster_project.run_context import tokyo_today
    from dagster_project.sample.simulate import simulate as write

    if out.exists() and any(out.iterdir()):
        raise UsageError(f"{out} is not empty; name a new folder")
    day = last_day.date() if last_day else tokyo_today() - timedelta(days=1)
    write(members=members, days=days, seed=seed, out=out, last_day=day)
    show(
        {"out": str(out), "last_day": day},
        as_json,
        lambda: click.echo(
            f"{out}: a shop of {members:,} members, {days} days up to {day}."
            f" Next: kizuna run --sources {out} --as-of {day}"
        ),
    )


@cli.command()
@home_option
def doctor(home_path: Path, as_json: bool) -> None:
    """Check configuration, rules, scenarios, feeds and sources; name every fault with file and line."""
    from dagster_project import doctor as examination
    from dagster_project.activation.audiences import library, report
    from dagster_project.privacy import freed_space

    found = examination.faults()
    if not found:
        home = Home(home_path.resolve())
        if waits := freed_space.waiting(home):
            click.echo(f"kizuna: note: {waits}", err=True)
        day, empty = report.empty_audiences(home, library.read_library())
        for name in empty:
            click.echo(f"kizuna: warning: the audience {name} matches nobody as of {day}", err=True)
    show(
        [str(fault) for fault in found],
        as_json,
        lambda: click.echo(
            "\n".join(map(str, found))
            if found
            else "sound: sources.yml, rule tables, audiences, scenarios, feeds, expectations"
        ),
    )
    if found:
        sys.exit(2)


@cli.command()
@home_option
def dictionary(home_path: Path, as_json: bool) -> None:
    """Print the data dictionary: every published mart and column with its meaning, as Markdown."""
    from dagster_project.publish import dictionary as pages

    marts = pages.dictionary()
    show(pages.as_rows(marts), as_json, lambda: click.echo(pages.as_markdown(marts)))


@cli.command()
@home_option
@click.option("--port", default=3000, show_default=True, help="Port on the loopback interface.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Interface; loopback unless you say otherwise.")
@click.option(
    "--sources",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("sources"),
    help="The sources folder of runs started from the UI.",
)
def ui(home_path: Path, as_json: bool, port: int, host: str, sources: Path) -> NoReturn:
    """Serve the Dagster UI, with the schedules' daemon, on loopback."""
    from dagster_project.runner import prepare_environment

    prepare_environment(Home.open(home_path), sources)
    click.echo(f"Dagster UI on http://{host}:{port} (stop with Ctrl-C)", err=True)
    dagster = str(Path(sys.executable).with_name("dagster"))
    arguments = ["dev", "-m", "dagster_project.definitions", "--host", host, "--port", str(port)]
    # In this process's place, so that whoever stops `kizuna ui` stops Dagster. It takes a SIGTERM as it takes Ctrl-C,
    # which shells have their background jobs ignore.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.execve(dagster, [dagster, *arguments], os.environ | {"DAGSTER_DISABLE_TELEMETRY": "1"})  # noqa: S606


for command in (landing, audience, conditions, card, path, why, scores, plan, results, erasures):
    cli.add_command(command)


@cli.command()
@click.argument("feed")
@click.option("--dry-run", is_flag=True, help="Show the difference, send nothing.")
@click.option("--force", is_flag=True, help="Send although the brake would stop it.")
@home_option
def sync(feed: str, dry_run: bool, force: bool, home_path: Path, as_json: bool) -> None:
    """Sync FEED now, from the marts of the last run."""
    from dagster_project.activation import sync_command

    result = sync_command.sync(Home.existing(home_path), feed, dry_run=dry_run, force=force)
    show(result, as_json, lambda: sync_command.print_result(result))


def main() -> None:
    """The console script."""
    collect_rarely()
    # Registered first, so it runs last: DuckDB's binding reports objects that live until the interpreter ends as leaks,
    # in fifty lines on stderr.
    atexit.register(lambda: os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno()))
    cli(prog_name="kizuna")
