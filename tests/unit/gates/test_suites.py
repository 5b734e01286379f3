"""The shipped suites are sound, and a faulty suite is named before anything runs."""

from pathlib import Path

import pytest

from dagster_project.errors import ConfigurationError
from dagster_project.gates.suites import ROWS, load_suites
from dagster_project.project import EXPECTATIONS

STAGES = ("landing", "staging", "identity", "core", "marts", "insights", "activation")


def written(root: Path, text: str) -> Path:
    """An expectations folder with one suite, core/orders.yml."""
    folder = root / "expectations"
    (folder / "core").mkdir(parents=True)
    (folder / "core" / "orders.yml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_has_a_gate_that_can_stop_the_run(stage: str) -> None:
    severities = {
        expectation.get("severity", "critical") for suite in load_suites(stage) for expectation in suite.expectations
    }
    if stage == "core":
        assert severities == {"critical", "warning"}
    assert "critical" in severities


def test_no_folder_of_expectations_is_read_by_nobody() -> None:
    assert {folder.name for folder in EXPECTATIONS.iterdir() if folder.is_dir()} == set(STAGES)


@pytest.mark.parametrize("stage", STAGES)
def test_each_expectation_says_in_words_what_must_hold(stage: str) -> None:
    for suite in load_suites(stage):
        for expectation in suite.expectations:
            assert expectation.get("description"), f"{suite.name}: {expectation['type']}"


@pytest.mark.parametrize("stage", STAGES)
def test_a_query_that_stops_the_run_says_what_to_do(stage: str) -> None:
    for suite in load_suites(stage):
        for expectation in suite.expectations:
            if expectation["type"] == ROWS and expectation.get("severity", "critical") == "critical":
                assert expectation.get("meta", {}).get("remedy"), f"{suite.name}: {expectation['description']}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("expectations: 3", "a list `expectations`"),
        ("expectations: [{kwargs: {}}]", "expectation 1 has no type"),
        ("expectations: [{type: expect_x, severity: fatal}]", "critical or warning"),
        ("expectations: [{type: expect_x, wen: now}]", "unknown keys ['wen']"),
        ("expectatons: []\nexpectations: []", "unknown keys ['expectatons']"),
        ("expectations: [{type: unexpected_rows_expectation, kwargs: {unexpected_rows_query: select 1}}]", "{batch}"),
        ("expectations: [{type: expect_x, meta: {shows: [email]}}]", "may hold personal data"),
        ("expectations: [{type: expect_x, meta: {shows: ['1; drop table x']}}]", "may hold personal data"),
        ("expectations: [\n", "not YAML"),
    ],
)
def test_a_faulty_suite_is_named_with_its_file(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        load_suites("core", written(tmp_path, text))
    assert "expectations/core/orders.yml" in str(caught.value)
    assert told in str(caught.value)


def test_a_suite_that_is_not_utf_8_is_named_with_its_file(tmp_path: Path) -> None:
    folder = written(tmp_path, "expectations: []")
    (folder / "core" / "orders.yml").write_bytes("expectations: []  # 注文".encode("cp932"))
    with pytest.raises(ConfigurationError, match=r"expectations/core/orders\.yml: is not text in UTF-8"):
        load_suites("core", folder)
