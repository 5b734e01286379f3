"""Faults of frequency caps that one table alone cannot tell: a cap of a group in which there is no channel."""

import csv
from pathlib import Path

from dagster_project.errors import Fault

FILE = "seeds/rules/frequency_caps.csv"


def check_caps(rules: Path) -> list[Fault]:
    """Caps of `rules`/frequency_caps.csv that would count nothing; tables that cannot be read are told of elsewhere."""
    try:
        with (rules / "channel_groups.csv").open(encoding="utf-8-sig", newline="") as handle:
            groups = {row.get("channel_group") or "" for row in csv.DictReader(handle)} | {"all"}
        with (rules / "frequency_caps.csv").open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle)
            caps = [(reader.line_num, row.get("channel_group")) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error):
        return []
    return [
        Fault(FILE, line, f"channel_groups has no group `{group}`", f"one of: {', '.join(sorted(groups))}")
        for line, group in caps
        if group and group not in groups
    ]
