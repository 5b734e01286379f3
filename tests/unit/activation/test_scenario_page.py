"""docs/scenarios.md: its examples are read as files of theirs are, and it leaves nothing out."""

import re
from datetime import datetime
from pathlib import Path

from audience_shop import AudienceShop

from dagster_project.activation.audiences.binding import check
from dagster_project.activation.audiences.comparing import OPERATORS
from dagster_project.activation.audiences.reading import KEYS, condition_of
from dagster_project.activation.audiences.schema import Schema
from dagster_project.activation.scenarios.declaration import OWN_WORDS, Scenario
from dagster_project.activation.scenarios.reading import load_scenarios
from dagster_project.activation.scenarios.triggers import KINDS
from dagster_project.project import ROOT
from dagster_project.yaml_lines import read_yaml

PAGE = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
AUDIENCE, SCENARIO = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def test_the_audience_is_one_and_every_column_that_it_names_is_there(tmp_path: Path) -> None:
    file = tmp_path / "nearly_regulars.yml"
    file.write_text(AUDIENCE)
    content, _, faults = read_yaml(file, file.name)
    assert not faults
    condition = condition_of(content["audience"])
    assert check(condition, Schema.of(AudienceShop.empty().con, datetime(2026, 3, 31, 15))) == []


def test_the_scenario_is_one(tmp_path: Path) -> None:
    (tmp_path / "refill_offer.yml").write_text(SCENARIO)
    [scenario] = load_scenarios(tmp_path)
    assert [len(step.variants) for step in scenario.steps] == [1, 2]


def test_every_word_of_the_language_is_told() -> None:
    keys = set(Scenario.model_fields) - {"rule_version"}
    words = {*keys, *KINDS, *OWN_WORDS, *OPERATORS, *KEYS}
    assert {word for word in words if not re.search(rf"`{word}\b|\b{word}:", PAGE)} == set()
