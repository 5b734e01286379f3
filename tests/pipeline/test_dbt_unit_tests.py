"""dbt's own unit tests: the models' rules on two to four rows each, in a home that has every table."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import Shop

RUN = """
import json, sys
from dagster_project import dbt_runner, warehouse
from dagster_project.home import Home
from dagster_project.landing.views import refresh
home = Home.open(sys.argv[1])
with warehouse.connect(home) as con:
    refresh(con, home)  # as each run does first: the home is a copy, and the views read files by their whole path
result = dbt_runner.invoke(home, ["test", "--select", "test_type:unit"])
if result.exception is not None:
    raise result.exception
print("RESULTS" + json.dumps({node.node.name: [str(node.status), node.message] for node in result.result.results}))
"""


def test_every_unit_test_of_a_model_passes(shop: Shop, tmp_path: Path) -> None:
    own = shop.copy(tmp_path)
    done = subprocess.run([sys.executable, "-c", RUN, str(own.home)], capture_output=True, text=True, check=False,
                          env=os.environ | {"KIZUNA_SALT": "pipeline-tests"})  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if line.startswith("RESULTS")]
    assert lines, done.stderr[-3000:]
    results = json.loads(lines[0].removeprefix("RESULTS"))
    assert len(results) >= 30
    assert {name: told for name, told in results.items() if told[0] != "pass"} == {}
