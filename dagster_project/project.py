"""Where the checkout's own files are: the dbt project, the seeds and the expectations.

Nothing here reads or writes; paths of a *run* belong to `home.py`.
"""

import os
from pathlib import Path

from dagster_project.errors import UsageError

ROOT = Path(__file__).resolve().parent.parent
DBT_PROJECT = ROOT / "dbt_project"
EXPECTATIONS = ROOT / "expectations"


def seeds() -> Path:
    """The folder of rule tables, scenarios, feeds and sources.yml.

    `KIZUNA_SEEDS` points a run at another folder of the same shape (a brand's own rules, a test's edited copy). Raises
    UsageError where that is not there: without its files every feed would pass for one that is no longer declared.
    """
    given = os.environ.get("KIZUNA_SEEDS")
    if given and not Path(given).is_dir():
        raise UsageError(f"KIZUNA_SEEDS names {given}, and there is no such folder")
    return Path(given or ROOT / "seeds").resolve()
