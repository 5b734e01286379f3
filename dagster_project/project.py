"""Where the checkout's own files are: the dbt project, the seeds and the expectations.

Nothing here reads or writes; paths of a *run* belong to `home.py`.
"""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DBT_PROJECT = ROOT / "dbt_project"
EXPECTATIONS = ROOT / "expectations"


def seeds() -> Path:
    """The folder of rule tables, scenarios, feeds and sources.yml.

    `KIZUNA_SEEDS` points a run at another folder of the same shape (a brand's own rules, a test's edited copy).
    """
    return Path(os.environ.get("KIZUNA_SEEDS", ROOT / "seeds")).resolve()
