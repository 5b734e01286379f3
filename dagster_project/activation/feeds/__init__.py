"""Feeds: tables that a receiver keeps in step with the marts, one checked difference at a time.

`prepare` (stage activation) compares and writes into scratch; `deliver` (stage publish) sends and keeps the
ledger.
"""

from dagster_project.activation.feeds.binding import bind
from dagster_project.activation.feeds.declaration import Feed, check_feeds, load_feeds
from dagster_project.activation.feeds.deliver import Delivery, deliver, deliver_all
from dagster_project.activation.feeds.prepare import PreparedSync, prepare, read_prepared
from dagster_project.activation.feeds.preview import DryRun, dry_run
from dagster_project.activation.feeds.tables import sync_tables

__all__ = [
    "Delivery",
    "DryRun",
    "Feed",
    "PreparedSync",
    "bind",
    "check_feeds",
    "deliver",
    "deliver_all",
    "dry_run",
    "load_feeds",
    "prepare",
    "read_prepared",
    "sync_tables",
]
