"""Every fault in configuration, named with file and line, before anything runs."""

from collections.abc import Callable
from pathlib import Path

from dagster_project.errors import ConfigurationError, Fault
from dagster_project.project import EXPECTATIONS, seeds


def faults() -> list[Fault]:
    """All faults of sources.yml, rule tables, scenarios, feeds and expectations."""
    from dagster_project.activation.feeds import check_feeds
    from dagster_project.activation.scenarios import check_scenarios
    from dagster_project.identity.likely.declaration import check_declaration
    from dagster_project.identity.rules import check_identity_rules
    from dagster_project.landing.origins import check_origins
    from dagster_project.rule_tables import rule_faults
    from dagster_project.setting_faults import is_on, setting_faults

    return sorted(
        {
            *check_origins(),
            *rule_faults(),
            *setting_faults(),
            *check_identity_rules(seeds() / "rules"),
            *check_declaration(seeds(), is_on("probabilistic")),
            *check_scenarios(seeds() / "scenarios"),
            *_feed_faults(check_feeds),
            *_expectation_faults(),
        }
    )


def require_sound() -> None:
    """Raise ConfigurationError with every fault, where there is one."""
    found = faults()
    if found:
        raise ConfigurationError(found)


def _feed_faults(check: Callable[[Path], list[Fault]]) -> list[Fault]:
    """What feeds declare, and then what they read: columns that no mart has are known before a mart is built."""
    from dagster_project.activation.feeds import bind, load_feeds
    from dagster_project.publish.empty_marts import empty_marts

    found = check(seeds() / "feeds")
    if found:
        return found
    with empty_marts() as con:
        for feed in load_feeds(seeds() / "feeds"):
            try:
                bind(con, feed)
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
