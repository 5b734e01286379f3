"""Faults in the configuration: each is named with file and line, and none lets a run begin."""

import json
import shutil
from pathlib import Path

import pytest

from dagster_project import doctor
from dagster_project.project import ROOT
from tests.pipeline.conftest import Shop


@pytest.fixture
def seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shipped configuration, in use."""
    folder = tmp_path / "seeds"
    shutil.copytree(ROOT / "seeds", folder)
    monkeypatch.setenv("KIZUNA_SEEDS", str(folder))
    return folder


def replace(file: Path, old: str, new: str) -> int:
    """Change a file in one place; returns the line of the change."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{old!r} is not in {file.name}"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("rules/rf_recency_bands.csv", "03,3,4,", "03,three,4,"),
        ("rules/rf_recency_bands.csv", "03,3,4,", "03,3,5,"),
        ("rules/rf_segments.csv", "new_lapsed,1,2,8,,lapsed", "new_lapsed,1,2,8,,gone"),
        ("rules/rf_recency_bands.csv", "03,3,4,", "3,3,4,"),  # as a spreadsheet saves it
        ("rules/rf_segments.csv", "new_dormant,1,2,4,8", "new_dormant,1,2,3,8"),  # laps over new_active
        ("rules/rf_segments.csv", "new_dormant,1,2,4,8", "new_dormant,1,2,4,9"),
        ("rules/price_bands.csv", "middle,2000", "middle,２０００"),
        ("rules/badge_rules.csv", "product_units,5", "product_units,99999999999"),
        ("rules/score_rules.csv", "page_view,page_view,,,,,,,,", "page_view,page_view,,,,,,20260101,,"),
        ("rules/price_bands.csv", "middle,", ",,,\nmiddle,"),
        ("rules/price_bands.csv", "middle,2000", '"middle,2000'),
        ("rules/settings.csv", "maturity_days,365,", "maturity_days,30,Once more\nmaturity_days,365,"),
        ("rules/rank_rules.csv", "A_bought,3,A", "A_bought,3,X"),
        ("rules/rank_rules.csv", "A_bought,3,A", "A_bought,2,A"),
        ("rules/rank_rules.csv", "A_bought,3,A,1,", "A_bought,3,A,,"),
        ("rules/rank_rules.csv", "B_acted,4,B,,,,1,", "B_acted,4,B,,,,0,"),
        ("rules/rank_acts.csv", "visit,false,false,true,false,true", "visit,false,false,true,false,yes"),
        ("rules/journey_rules.csv", "repeated,4,repeated", "repeated,4,bought twice"),
        ("rules/journey_rules.csv", "loyal_returns,5,", "loyal_returns,6,"),
        ("rules/brand_groups.csv", "house,*,", "house,,"),
        ("rules/score_rules.csv", "visit,visit,", "visit,vist,"),
        ("rules/tag_rules.csv", "page_views,acts,page_view", "page_views,acts,pageview"),
        ("rules/settings.csv", "score_half_life_days,0", "score_half_life_days,-1"),
        ("rules/badge_rules.csv", "product_units,5", "product_units,0"),
        ("rules/badge_rules.csv", "product_units,5", "product_units,5,"),
        ("rules/badge_rules.csv", "vision_reader,views", "vision_reader,looks"),
        ("rules/badge_acts.csv", "visits,visit,acts", "visits,visit,pieces"),
        ("rules/settings.csv", "maturity_days,365", "maturity_days,a year"),
        ("rules/settings.csv", "interest_min_customers,5", "interest_min_customers,few"),
        ("rules/settings.csv", "default_holdout,0.10", "default_holdout,10"),
        ("rules/identity_kinds.csv", "email,4", "email,four"),
        ("scenarios/birthday.yml", "channel: email", "channel: pigeon"),
        ("scenarios/cart_abandonment.yml", "delay: {hours: 3}", "dealy: {hours: 3}"),
        ("scenarios/birthday.yml", "id: birthday", "id: [birthday"),
        ("feeds/customers.yml", "mode: mirror", "mode: morror"),
        ("feeds/customers.yml", "- {name: price_band}", "- {name: price_bond}"),
        ("feeds/scenario_targets.yml", "marts.scenario_targets", "marts.scenario_target"),
        ("feeds/scenario_targets.yml", "type: folder", "type: floppy"),
        ("sources.yml", "members", "membres"),
    ],
)
def test_a_fault_in_configuration_is_named_with_file_and_line(seeds: Path, file: str, old: str, new: str) -> None:
    line = replace(seeds / file, old, new)
    found = doctor.faults()
    [fault, *_] = [one for one in found if one.file.endswith(f"seeds/{file}")]
    assert abs(fault.line - line) <= 1, str(fault)
    assert fault.message
    assert len(found) <= 2, found  # another file may name what is no longer there


def test_a_fault_of_a_rule_shows_what_breaks_it(seeds: Path) -> None:
    replace(seeds / "rules/score_rules.csv", "visit,visit,", "visit, visit,")
    [fault] = doctor.faults()
    assert fault.message.startswith("breaks the rule: action in (")
    assert fault.remedy == "action is ' visit'"


def test_a_table_not_parted_by_commas_is_one_fault(seeds: Path) -> None:
    table = seeds / "rules/price_bands.csv"
    table.write_text(table.read_text(encoding="utf-8").replace(",", ";"), encoding="utf-8")
    [fault] = doctor.faults()
    assert (fault.line, fault.message) == (1, "is not parted by commas")


def test_an_empty_column_of_a_spreadsheet_is_one_fault(seeds: Path) -> None:
    table = seeds / "rules/price_bands.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("\n", ",\n"), encoding="utf-8")
    [fault] = doctor.faults()
    assert (fault.line, fault.message) == (1, "has a column without a name")


def test_a_gap_between_segments_is_a_fault(seeds: Path) -> None:
    replace(seeds / "rules/rf_segments.csv", "new_dormant,1,2,4,8", "new_dormant,1,2,5,8")
    [fault] = doctor.faults()
    assert fault.message == "no segment holds recency band 04, frequency band 1"


def test_a_copy_beside_the_rule_tables_is_a_fault(seeds: Path) -> None:
    shutil.copy(seeds / "rules/score_rules.csv", seeds / "rules/score_rules - コピー.csv")
    [fault] = doctor.faults()
    assert fault.file == f"{seeds}/rules/score_rules - コピー.csv"


@pytest.mark.parametrize("table", ["settings", "rf_segments", "score_rules"])
def test_a_missing_rule_table_is_a_fault(seeds: Path, table: str) -> None:
    (seeds / f"rules/{table}.csv").unlink()
    [fault] = [one for one in doctor.faults() if one.file == str(seeds / f"rules/{table}.csv")]
    assert fault.message == "is missing"


def test_a_folder_of_an_older_version_is_told_what_it_lacks(seeds: Path) -> None:
    (seeds / "rules/tag_rules.csv").unlink()
    (seeds / "rules/tag_rules.yml").unlink()
    (seeds / "rules/price_bands.yml").unlink()
    assert [(fault.file, fault.message) for fault in doctor.faults()] == [
        (f"{seeds}/rules/price_bands.csv", "stands in no .yml beside it"),
        (f"{seeds}/rules/tag_rules.csv", "is missing"),
    ]


def test_the_shipped_configuration_is_sound(seeds: Path) -> None:
    assert doctor.faults() == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEFAULT_HOLDOUT", "half"),
        ("DEFAULT_HOLDOUT", "1.5"),
        ("MATURITY_DAYS", "-1"),
        ("SEND_WINDOW_START", "9 o'clock"),
        ("SEND_WINDOW_START", "21:00"),
        ("REPEAT_WINDOW_DAYS", ""),
        ("PROBABILISTIC", "yes"),
        ("EXPIRES_AFTER_DAYS", "nan"),
        # Python reads these as numbers, SQL does not.
        ("MATURITY_DAYS", "３６５"),
        ("GROWTH_CONFIDENCE", "０.９５"),
        ("REPEAT_WINDOW_DAYS", "30　60"),
        ("REPEAT_WINDOW_DAYS", "30\t60"),
    ],
)
def test_a_setting_in_the_environment_is_checked_like_one_in_the_table(
    name: str, value: str, seeds: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"KIZUNA_{name}", value)
    [fault] = doctor.faults()
    assert name.lower() in fault.message


def test_faults_stop_a_run_before_anything_is_written(seeds: Path, tmp_path: Path) -> None:
    places = [
        f"seeds/{file}:{replace(seeds / file, old, new)}"
        for file, old, new in (
            ("rules/rf_recency_bands.csv", "03,3,4,", "03,three,4,"),
            ("scenarios/birthday.yml", "channel: email", "channel: pigeon"),
            ("feeds/customers.yml", "mode: mirror", "mode: morror"),
        )
    ]
    (tmp_path / "sources").mkdir()
    own = Shop(tmp_path / "home", tmp_path / "sources")
    for command in (
        ["run", "--as-of", "2026-01-01", "--sources", str(own.sources)],
        ["doctor"],
        ["doctor", "--json"],
        ["activate", "--at", "2026-01-01T10:00", "--sources", str(own.sources)],
    ):
        done = own.kizuna(*command, check=2)
        said = done.stdout if command[0] == "doctor" else done.stderr
        assert all(place in said for place in places), said
        assert "Traceback" not in done.stderr
    assert len(json.loads(own.kizuna("doctor", "--json", check=2).stdout)) == 3
    assert not (own.home / "warehouse.duckdb").exists()
    assert not list((own.home / "landing").rglob("*.parquet"))
