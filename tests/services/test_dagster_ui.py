"""The Dagster UI in a real browser: the graph by stages, the RF table on its asset, the checks."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.conftest import Shop
from tests.ports import free_port

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
STAGES = ("landing", "rules", "staging", "identity", "core", "marts", "insights", "activation", "publish")


@pytest.fixture(scope="module")
def ui(shop: Shop) -> Iterator[str]:
    """The address of the UI, served over the shop's home."""
    port = free_port()
    server = subprocess.Popen(
        [str(Path(sys.executable).with_name("kizuna")), "ui", "--home", str(shop.home), "--port", str(port)],
        env=os.environ | {"KIZUNA_SALT": "pipeline-tests"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        # As a shell starts what a script leaves in the background: deaf to interrupts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address + "/server_info", seconds=120)
        yield address
    finally:
        server.terminate()
        try:
            server.wait(60)  # it must end when it is told to
        finally:
            # Its code server waits for a heartbeat before it goes.
            with suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGKILL)


def _wait_for(address: str, seconds: int) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(1)


@pytest.fixture(scope="module")
def page(ui: str) -> Iterator[Page]:
    """A page of a headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        page.set_default_timeout(60_000)
        yield page
        browser.close()


def test_the_graph_shows_every_stage_as_a_group(ui: str, page: Page, tmp_path: Path) -> None:
    page.goto(f"{ui}/asset-groups/")
    for stage in STAGES:
        expect(page.get_by_text(stage, exact=True).first).to_be_visible(timeout=60_000)
    page.screenshot(path=tmp_path / "asset-graph.png")
    assert (tmp_path / "asset-graph.png").stat().st_size > 10_000


def test_the_rf_table_is_shown_on_its_asset(ui: str, page: Page) -> None:
    page.goto(f"{ui}/assets/marts/rf_matrix?view=overview")
    expect(page.get_by_text("Row count").first).to_be_visible(timeout=60_000)
    expect(page.get_by_text("One row per as_of", exact=False).first).to_be_visible()
    page.goto(f"{ui}/assets/marts/rf_matrix?view=events")
    page.get_by_text("Show Markdown", exact=False).first.click()
    expect(page.get_by_text("recency_band", exact=False).first).to_be_visible()


def test_gates_are_shown_as_checks(ui: str, page: Page) -> None:
    page.goto(f"{ui}/assets/staging/row_accounts?view=checks")
    expect(page.get_by_text("expectations", exact=False).first).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Succeeded").first).to_be_visible()
