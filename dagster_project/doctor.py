"""Every fault in configuration, named with file and line, before anything runs."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from dagster_project.errors import ConfigurationError, Fault
from dagster_project.project import EXPECTATIONS, ROOT, seeds


def faults() -> list[Fault]:
    """All faults of sources.yml, rule tables, audiences, scenarios, feeds, metrics and expectations."""
    from dagster_project.activation.scenarios.caps import check_caps
    from dagster_project.identity.likely.declaration import check_declaration
    from dagster_project.identity.rules import check_identity_rules
    from dagster_project.landing.origins import check_origins
    from dagster_project.rule_tables import rule_faults
    from dagster_project.segment_faults import check_segments
    from dagster_project.setting_faults import is_on, setting_faults

    tables = rule_faults()
    found = {
        *check_origins(),
        *tables,
        *setting_faults(),
        *([] if tables else check_segments()),
        *check_identity_rules(seeds() / "rules"),
        *check_declaration(seeds(), is_on("probabilistic")),
        *check_caps(seeds() / "rules"),
        *_reader_faults(),
        *_expectation_faults(),
    }
    return sorted(map(_placed, found))


def require_sound() -> None:
    """Raise ConfigurationError with every fault, where there is one."""
    found = faults()
    if found:
        raise ConfigurationError(found)


def _placed(fault: Fault) -> Fault:
    """A fault under the name of the folder that is in use, which KIZUNA_SEEDS may have anywhere."""
    if seeds() == ROOT / "seeds" or not fault.file.startswith("seeds/"):
        return fault
    return replace(fault, file=str(seeds() / fault.file.removeprefix("seeds/")))


def _reader_faults() -> list[Fault]:
    """Faults of audiences, scenarios, feeds and own metrics, as to the marts that there will be."""
    from dagster_project.activation import feeds, kpis
    from dagster_project.activation.audiences.checking import check_library
    from dagster_project.activation.scenarios.binding import bind as bind_scenarios
    from dagster_project.activation.scenarios.reading import load_scenarios
    from dagster_project.publish.catalog import MARTS
    from dagster_project.publish.empty_marts import empty_marts

    found = feeds.check_feeds(seeds() / "feeds")
    binders: list[Callable[[Any], Any]] = []
    if not found:
        binders = [partial(feeds.bind, feed=feed) for feed in feeds.load_feeds(seeds() / "feeds")]
    try:
        declared = kpis.read_kpis(seeds(), kpis.standard_metrics(seeds()))
        binders.append(partial(kpis.bind, declared=declared, marts=set(MARTS)))
    except ConfigurationError as error:
        found += error.faults
    try:
        binders.append(partial(bind_scenarios, scenarios=load_scenarios(seeds() / "scenarios")))
    except ConfigurationError as error:
        found += error.faults
    with empty_marts() as con:
        found += check_library(con, seeds())
        for bind in binders:
            try:
                bind(con)
            except ConfigurationError as error:
                found += error.faults
    return found


def _expectation_faults() -> list[Fault]:
    from dagster_project.gates.suites import load_suites

    found = []
    for stage in sorted(folder.name for folder in EXPECTATIONS.iterdir() if folder.is_dir()):
        try:
            load_suites(stage)
        except ConfigurationError as error:
            found += error.faults
    return found
