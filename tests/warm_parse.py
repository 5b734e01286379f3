"""For the server of `tests/warm.py` alone: importing this parses the shipped dbt project, once for all its commands."""

import tempfile
from pathlib import Path

from dagster_project import dbt_runner
from dagster_project.home import Home

with tempfile.TemporaryDirectory() as folder:
    dbt_runner.parsed(Home.open(Path(folder) / "home"))
