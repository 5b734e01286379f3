"""dbt's own unit tests: the models' rules on two to four rows each, in a home that has every table."""

import json
import sys
from pathlib import Path

from dagster_project import dbt_runner, warehouse
from dagster_project.home import Home
from dagster_project.landing.views import refresh
from tests.conftest import Shop


def run_unit_tests() -> None:
    """In a process of its own: print what became of each unit test in the home that follows `--home`."""
    home = Home.open(sys.argv[sys.argv.index("--home") + 1])
    with warehouse.connect(home) as con:
        refresh(con, home)  # as each run does first: the home is a copy, and the views read files by their whole path
    result = dbt_runner.invoke(home, ["test", "--select", "test_type:unit"], manifest=dbt_runner.parsed(home))
    if result.exception is not None:
        raise result.exception
    print("RESULTS" + json.dumps({node.node.name: [str(node.status), node.message] for node in result.result.results}))


def test_every_unit_test_of_a_model_passes(shop: Shop, tmp_path: Path) -> None:
    done = shop.copy(tmp_path).kizuna(command=run_unit_tests)
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULTS")]
    assert lines, done.stderr[-3000:]
    results = json.loads(lines[0].removeprefix("RESULTS"))
    assert len(results) >= 30
    assert {name: told for name, told in results.items() if told[0] != "pass"} == {}
