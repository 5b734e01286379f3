"""The text of every version of a scenario that ever listed or suppressed somebody, kept in the ledger.

`home/ledger/scenario_versions/<scenario_id>-<rule_version>.yml`: the file as it stood. Rows of the ledger name the
version; without the text nobody could say later by which rule a message was sent.
"""

from pathlib import Path

from dagster_project.activation.scenarios.reading import load_scenarios
from dagster_project.files import write_atomically
from dagster_project.home import Home
from dagster_project.project import seeds


def keep(home: Home) -> None:
    """Keep the scenario files as they stand; a version that is kept already stays as it is."""
    for scenario in load_scenarios():
        target = _place(home, scenario.id, scenario.rule_version)
        if not target.exists():
            write_atomically(target, (seeds() / "scenarios" / f"{scenario.id}.yml").read_bytes())


def text_of(home: Home, scenario_id: str, rule_version: str) -> str | None:
    """The scenario as it was in that version; None where the home has not kept it."""
    kept = _place(home, scenario_id, rule_version)
    return kept.read_text(encoding="utf-8-sig") if kept.exists() else None


def _place(home: Home, scenario_id: str, rule_version: str) -> Path:
    return home.ledger / "scenario_versions" / f"{scenario_id}-{rule_version}.yml"
