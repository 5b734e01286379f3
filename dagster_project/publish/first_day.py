"""The first daily partition: a setting, which a run of an earlier day moves for its home."""

from datetime import date

from dagster_project.files import parse, write_atomically
from dagster_project.home import Home
from dagster_project.settings import effective_settings


def first_day(home: Home) -> date:
    """The earlier of the setting `first_day` and the earliest day that was run in this home."""
    configured = date.fromisoformat(effective_settings()["first_day"])
    file = home.ledger / "first_day"
    return min(configured, parse(file, lambda text: date.fromisoformat(text.strip()))) if file.exists() else configured


def include(home: Home, as_of: date) -> None:
    """Move the first day to `as_of` where that is earlier."""
    if as_of < first_day(home):
        write_atomically(home.ledger / "first_day", f"{as_of}\n".encode())
