"""The command line: exit statuses, --json and --home everywhere, wrong use named, runs kept apart."""

import json
import os
import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from dagster_project.home import Home
from dagster_project.run_context import tokyo_today
from tests.pipeline.conftest import LAST_DAY, Shop

COMMANDS = [
    "run",
    "activate",
    "demo",
    "simulate",
    "landing",
    "landing list",
    "landing withdraw",
    "audience",
    "conditions",
    "doctor",
    "ui",
    "card",
    "path",
    "why",
    "plan",
    "results",
    "sync",
]


def new_shop(folder: Path) -> Shop:
    """A home without a run, and a sources folder with nothing in it."""
    (folder / "sources").mkdir(exist_ok=True)
    return Shop(folder / "home", folder / "sources")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_takes_a_home_and_json(command: str) -> None:
    from click.testing import CliRunner

    from dagster_project.cli import cli

    shown = CliRunner().invoke(cli, [*command.split(), "--help"])
    assert shown.exit_code == 0
    assert "--home" in shown.output
    assert "--json" in shown.output


def test_the_package_runs_as_a_module_too() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dagster_project", "--help"], capture_output=True, text=True, check=True
    )
    assert "activate" in done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--as-of", str(tokyo_today() + timedelta(days=1)), "--sources", "sources"],
        ["run", "--as-of", "2026-02-30", "--sources", "sources"],
        ["run", "--as-of", "2026-01-01", "--sources", "nowhere"],
        ["activate", "--at", "noon", "--sources", "sources"],
        ["activate", "--at", "2999-01-01T00:00:00+09:00", "--sources", "sources"],
        ["activate", "--at", "2026-01-01T00:00", "--sources", "nowhere"],
        ["card", "member_id:1"],
        ["path", "member_id:1", "member_id:2"],
        ["why", "nothing"],
        ["sync", "customers"],
        ["sync", "nothing"],
        ["landing", "withdraw", "nothing"],
        ["fly"],
        ["run", "--fly"],
        ["simulate", "--members", "0", "--out", "new"],
    ],
)
def test_wrong_use_ends_with_2_and_says_what_is_wrong(arguments: list[str], tmp_path: Path) -> None:
    own = new_shop(tmp_path)
    if arguments == ["fly"]:
        done = subprocess.run(
            [sys.executable, "-m", "dagster_project", "fly"], capture_output=True, text=True, check=False
        )
    else:
        done = own.kizuna(*arguments, check=None)
    assert done.returncode == 2
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_landing_can_be_listed_with_options_anywhere(shop: Shop) -> None:
    files = json.loads(shop.kizuna("landing", "list", "--json").stdout)
    assert {"file_id", "source", "name", "rows", "status"} <= set(files[0])
    assert json.loads(shop.kizuna("landing", "--json").stdout) == files
    done = subprocess.run(
        [sys.executable, "-m", "dagster_project", "landing", "--home", str(shop.home), "--json", "list"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == files


def test_card_path_and_dry_run_speak_json(shop: Shop) -> None:
    [(customer_id, member_id)] = shop.query(
        "select customer_id, member_ids[1] from marts.customers where len(member_ids) = 1 and len(card_nos) = 1"
        " order by orders desc, customer_id limit 1"
    )
    by_id = json.loads(shop.kizuna("card", customer_id, "--json").stdout)
    assert by_id == json.loads(shop.kizuna("card", f"member_id: {member_id} ", "--json").stdout)
    assert by_id["customer"][0]["customer_id"] == customer_id
    assert by_id["timeline"]
    [(card_no,)] = shop.query("select card_nos[1] from marts.customers where customer_id = ?", [customer_id])
    found = json.loads(shop.kizuna("path", f"member_id:{member_id}", f"card_no:{card_no}", "--json").stdout)
    assert found["is_one_person"]
    assert found["chain"]
    assert all(step["rule"] and step["source"] for step in found["chain"])
    [(other,)] = shop.query(
        "select member_ids[1] from marts.customers where customer_id <> ? and len(member_ids) > 0"
        " order by customer_id limit 1",
        [customer_id],
    )
    apart = json.loads(shop.kizuna("path", f"member_id:{member_id}", f"member_id:{other}", "--json").stdout)
    assert not apart["is_one_person"]
    assert apart["is_linked"] == any(step["status"] == "blocked" for step in apart["chain"])
    assert "no step 99" in shop.kizuna(
        "path", f"member_id:{member_id}", f"card_no:{card_no}", "--without", "99", check=2
    ).stderr  # fmt: skip
    dry = json.loads(shop.kizuna("sync", "customers", "--dry-run", "--json").stdout)
    assert dry["counts"]["unchanged"] == dry["accepted_rows"] > 0
    before = len(shop.manifests("customers"))
    assert json.loads(shop.kizuna("sync", "customers", "--json").stdout)["status"] == "unchanged"
    assert len(shop.manifests("customers")) == before


def test_a_refused_file_stops_the_run_and_can_be_skipped_and_the_brake_stops_a_feed_until_forced(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the next day: a faulty file, a withdrawn delivery that takes customers away, and a setting overridden."""
    own, day = shop.copy(tmp_path), LAST_DAY + timedelta(days=1)
    (own.sources / "members" / "zz.csv").write_text("member_id,registered_at\nM9,2026-01-01\n")
    (own.sources / "brands" / "zz.csv").write_text("brand\nb9\n")
    before, syncs = own.published(), len(own.manifests("customers"))
    done = own.run(day, check=1)
    assert "members/zz.csv" in done.stderr
    assert "updated_at" in done.stderr
    assert "brands/zz.csv" in done.stderr
    assert "Traceback" not in done.stderr
    assert own.published() == before
    rows = sorted(
        (file["rows"], file["file_id"])
        for file in json.loads(own.kizuna("landing", "list", "--json").stdout)
        if file["source"] == "members"
    )
    own.kizuna("landing", "withdraw", rows[-1][1])
    monkeypatch.setenv("KIZUNA_REPEAT_WINDOW_DAYS", "30 60")
    done = own.kizuna("run", "--as-of", str(day), "--sources", str(own.sources), "--skip-refused", check=1)
    for name in ("members/zz.csv", "brands/zz.csv"):
        assert re.search(rf"warning: {name}:1: .*; this file is left out", done.stderr)
    assert "customers" in done.stderr
    # Who was in the file loses what it said; who was in no other source is gone.
    assert re.search(r"would (remove|change) \d+ of \d+ accepted rows", done.stderr)
    assert re.search(r"limit (10|50)%", done.stderr)
    assert "--force" in done.stderr
    assert "Traceback" not in done.stderr
    assert len(own.manifests("customers")) == syncs
    assert (own.home / "marts" / str(day)).is_dir()
    assert own.query("select max(as_of) from marts.rf_matrix") == [(day,)]
    assert own.query("select distinct window_days from marts.rf_matrix order by 1") == [(30,), (60,)]
    assert (own.home / "targets" / "birthday" / f"{day}.jsonl").exists()
    assert "--force" in own.kizuna("sync", "customers", check=1).stderr
    forced = json.loads(own.kizuna("sync", "customers", "--force", "--json").stdout)
    assert forced["status"] == "delivered"
    manifest = own.manifests("customers")[-1]
    assert len(own.manifests("customers")) == syncs + 1
    assert manifest["counts"]["removed"] == forced["counts"]["removed"] > 0
    assert manifest["as_of"] == str(day)


def test_sync_waits_for_the_home_too(shop: Shop) -> None:
    with Home(shop.home).lock("a test"):
        done = shop.kizuna("sync", "customers", check=1)
    assert "a test" in done.stderr
    assert str(os.getpid()) in done.stderr


def test_hours_of_days_that_are_published_are_over(shop: Shop) -> None:
    done = shop.kizuna("activate", "--at", str(LAST_DAY - timedelta(days=3)) + "T10:00", check=2)
    assert str(LAST_DAY) in done.stderr
