"""Settings: the rule table `settings.csv`, each row of which `KIZUNA_<NAME>` in the environment overrides."""

import csv
import os

from dagster_project.project import seeds


def effective_settings() -> dict[str, str]:
    """name -> value as text; the environment wins over the table."""
    with (seeds() / "rules" / "settings.csv").open(encoding="utf-8-sig", newline="") as handle:
        table = {row["name"]: row["value"] for row in csv.DictReader(handle)}
    return {name: os.environ.get(f"KIZUNA_{name.upper()}", value) for name, value in table.items()}
