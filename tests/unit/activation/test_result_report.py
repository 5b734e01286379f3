"""`kizuna results`: its table, its chart, and what it says where there is nothing to show."""

import json
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pytest
from click.testing import CliRunner, Result
from results_shop import MONDAY, Ledger

from dagster_project.cli import cli
from dagster_project.home import Home

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose published marts hold a scenario that sells, one that may not, and one with few customers."""
    ledger = Ledger()
    for number in range(120):
        for scenario in ("sells", "may_not"):
            holdout = number % 2 == 0
            ledger.listed(f"{scenario}{number}", scenario=scenario, holdout=holdout)
            if number % 20 < 2 or (scenario == "sells" and not holdout and number % 3 == 0):
                ledger.order(f"{scenario}{number}", MONDAY, 1000)
    ledger.listed("alone", scenario="few")
    ledger.results(scenario_min_customers="30")
    home = Home.open(tmp_path_factory.mktemp("results") / "home")
    with duckdb.connect(home.published) as con:
        con.execute("create schema marts")
        for table in ("scenario_results", "scenario_totals"):
            rows = ledger.con.execute(f"select * from activation.{table}").to_arrow_table()
            con.register("rows", rows)
            con.execute(f"create table {home.published.stem}.marts.{table} as select * from rows")
    return home.path


def run(home: Path, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["results", *arguments, "--home", str(home)])


def test_the_table_gives_lift_in_points_with_its_interval(home: Path) -> None:
    shown = run(home, "sells")
    assert shown.exit_code == 0
    assert "+30.0 (" in shown.output
    assert "higher" in shown.output
    assert "all steps" not in shown.output  # it has one step, which is all
    assert "may_not" not in shown.output


def test_json_gives_every_row_with_every_column(home: Path) -> None:
    rows = json.loads(run(home, "--json").stdout)
    assert [(row["scenario_id"], row["step"]) for row in rows] == [
        (scenario, step) for scenario in ("few", "may_not", "sells") for step in ("one", "all steps")
    ]
    assert {row["verdict"] for row in rows} == {"nobody to compare", "open", "higher"}
    assert {"lift", "ci_low", "ci_high", "iroas", "is_conclusive", "added_sales"} <= set(rows[0])


def test_the_chart_draws_an_interval_for_each_lift_on_the_right_side_of_nothing(home: Path) -> None:
    file = home / "chart.svg"
    assert run(home, "--chart", str(file)).exit_code == 0
    drawn = ElementTree.fromstring(file.read_text(encoding="utf-8"))  # noqa: S314 (written here)
    bars = [line for line in drawn.iter(f"{SVG}line") if line.get("stroke-width") == "5"]
    points = [float(circle.get("cx", 0)) for circle in drawn.iter(f"{SVG}circle")]
    assert len(bars) == len(points) == 4
    words = {text.text: float(text.get("x", 0)) for text in drawn.iter(f"{SVG}text")}
    nothing = words["0"]
    sides = {(float(bar.get("x1", 0)) > nothing, bar.get("stroke")) for bar in bars}
    assert sides == {(True, "#1b7837"), (False, "#8c8c8c")}
    for bar, point in zip(bars, points, strict=True):
        assert float(bar.get("x1", 0)) < point < float(bar.get("x2", 0))


def test_the_page_needs_no_network(home: Path) -> None:
    file = home / "chart.html"
    assert run(home, "--chart", str(file)).exit_code == 0
    page = file.read_text(encoding="utf-8")
    assert "<svg" in page
    assert "<td>sells</td>" in page
    assert "<script" not in page
    assert "src=" not in page


@pytest.mark.parametrize("arguments", [["nothing"], ["--chart", "chart.png"], ["--chart", "nowhere/chart.svg"]])
def test_wrong_use_says_what_would_be_right(home: Path, arguments: list[str]) -> None:
    shown = run(home, *arguments)
    assert shown.exit_code == 2
    assert any(word in shown.stderr for word in ("may_not, sells", ".svg or .html", "no folder nowhere"))


def test_marts_of_an_earlier_version_have_no_results_yet(tmp_path: Path) -> None:
    home = Home.open(tmp_path / "home")
    assert "no published marts" in run(home.path).stderr
    with duckdb.connect(home.published) as con:
        con.execute("create schema marts")
    assert "before there were results" in run(home.path).stderr
