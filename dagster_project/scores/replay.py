"""Scores computed again from what is published: under other rules, as of an earlier day, with another half-life.

Reads the published file, writes nothing but scratch, and uses the models' own SQL.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from dagster_project import rule_tables
from dagster_project.errors import ConfigurationError, UsageError
from dagster_project.home import Home
from dagster_project.publish.runs import newest_published
from dagster_project.run_context import end_of_day
from dagster_project.scores.models import render
from dagster_project.settings import effective_settings
from dagster_project.sql import literal

RULES = "score_rules"
LEDGER, SUMS = "int_marts__score_ledger", "int_marts__score_sums"
PUBLISHED = "published.marts"
# Who was a customer by the published day; visitors have no scores.
PERSONS = f"select customer_id, first_seen_at, false as is_visitor from {PUBLISHED}.customers"
# All acts by one rule give the same points, so the published ledger tells those of the rules that made it.
RULES_OF_LEDGER = f"select distinct rule_id, product, lifestyle, lifestance from {PUBLISHED}.score_ledger"
LEDGER_OF_DAY = (
    "select rule_id, customer_id, occurred_at, cast(null as varchar) as content_id,"
    " cast(null as varchar) as score_category, cast(null as varchar) as information_kind"
    f" from {PUBLISHED}.score_ledger where occurred_at < (select as_of_end_at from run.context)"
)
BY_RULE = (
    "select rule_id, cast(sum(acts) as bigint) as acts, count(distinct customer_id) as customers,"
    " cast(round(sum(product + lifestyle + lifestance), 0) as bigint) as total"
)


@contextmanager
def replay(
    home: Home, as_of: date | None, rules: Path | None, half_life_days: float | None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in which schemas `before` and `after` hold `scores` (customer_id, product, lifestyle, lifestance,
    total) and `by_rule` (rule_id, acts, customers, total).

    `after` is what was asked for. `before` are, with `rules`, the sums of the published ledger on the same day with the
    same half-life; without them, the scores as published. Raises UsageError for a day that is not published yet,
    ConfigurationError for faulty rules.
    """
    published = newest_published(home)
    if published is None or not home.published.exists():
        raise UsageError(f"{home.path} has no published marts yet; run: kizuna run --home {home.path}")
    if as_of is not None and as_of > published:
        raise UsageError(f"--as-of {as_of} is after {published}, the day that is published")
    if rules is not None and (faults := rule_tables.faults_of(rules, RULES)):
        raise ConfigurationError(faults)
    with TemporaryDirectory(prefix="kizuna-scores-") as folder, duckdb.connect(str(Path(folder) / "db")) as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute(f"attach {literal(home.published)} as published (read_only)")
        _write_run(con, as_of or published, half_life_days)
        if rules is None:
            con.execute("create schema before")
            con.execute(f"create view before.scores as from {PUBLISHED}.scores")
            con.execute(
                f"create view before.by_rule as {BY_RULE} from (select *, 1 as acts from {PUBLISHED}.score_ledger)"
                " group by rule_id"
            )
            _score(con, "after", None)
        else:
            _score(con, "before", None)
            _score(con, "after", rules)
        yield con


def _write_run(con: duckdb.DuckDBPyConnection, as_of: date, half_life_days: float | None) -> None:
    con.execute("create schema run")
    con.execute(
        "create table run.context as select cast(? as date) as as_of, cast(? as timestamp) as as_of_end_at",
        [as_of, end_of_day(as_of)],
    )
    settings = effective_settings()
    if half_life_days is not None:
        settings["score_half_life_days"] = str(half_life_days)
    con.execute("create table run.settings (name varchar, value varchar)")
    con.executemany("insert into run.settings values (?, ?)", sorted(settings.items()))


def _score(con: duckdb.DuckDBPyConnection, schema: str, rules: Path | None) -> None:
    """Make `scores` and `by_rule` in a new schema: of the published ledger, or of the published acts under `rules`."""
    con.execute(f"create schema {schema}")
    relations = {name: name for name in ("run.context", "run.settings")}
    relations |= {name: f"{schema}.{name}" for name in ("persons", RULES, LEDGER, SUMS, "scores")}
    relations["touchpoints"] = f"{PUBLISHED}.touchpoints"
    con.execute(f"create view {relations['persons']} as {PERSONS}")
    if rules is None:
        con.execute(f"create table {relations[RULES]} as {RULES_OF_LEDGER}")
        con.execute(f"create view {relations[LEDGER]} as {LEDGER_OF_DAY}")
    else:
        rule_tables.load(con, rules, RULES, relations[RULES])
        con.execute(f"create view {relations[LEDGER]} as {render(LEDGER, relations)}")
    for model in (SUMS, "scores"):
        con.execute(f"create table {relations[model]} as {render(model, relations)}")
    con.execute(f"create view {schema}.by_rule as {BY_RULE} from {relations[SUMS]} group by rule_id")
