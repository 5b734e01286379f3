"""Feeds: tables that a receiver keeps in step with the marts, one checked difference at a time.

`prepare` (stage activation) compares and writes into scratch; `deliver` (stage publish) sends and keeps the
ledger.
"""

from dagster_project.activation.feeds.binding import bind
from dagster_project.activation.feeds.declaration import Feed, check_feeds, load_feeds
from dagster_project.activation.feeds.deliver import Delivery, deliver, deliver_all
from dagster_project.activation.feeds.erasure import readmit, record_erasure
from dagster_project.activation.feeds.forgetting import forget_erased
from dagster_project.activation.feeds.prepare import prepare, prepare_all
from dagster_project.activation.feeds.prepared import PreparedSync, read_prepared
from dagster_project.activation.feeds.preview import DryRun, dry_run
from dagster_project.activation.feeds.report import not_taken, told, told_left
from dagster_project.activation.feeds.retired import last_sent, rows_left, take_back
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
    "forget_erased",
    "last_sent",
    "load_feeds",
    "not_taken",
    "prepare",
    "prepare_all",
    "read_prepared",
    "readmit",
    "record_erasure",
    "rows_left",
    "sync_tables",
    "take_back",
    "told",
    "told_left",
]
