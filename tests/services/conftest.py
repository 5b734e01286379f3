"""What tests against real receivers share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dagster_project.activation.feeds.destinations import persistence
from dagster_project.home import Home
from tests.services import certificates as made
from tests.services import http_receiver, postgres_server


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home.open(tmp_path / "home")


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were waited before trying again; nobody waits them."""
    waited: list[float] = []
    monkeypatch.setattr(persistence, "sleep", waited.append)
    return waited


@pytest.fixture
def api() -> Iterator[http_receiver.Receiver]:
    with http_receiver.receiver() as server:
        yield server


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> made.Certificates:
    return made.certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def postgres_cluster(certificates: made.Certificates) -> Iterator[postgres_server.Postgres]:
    with postgres_server.postgres(certificates.certificate, certificates.key) as server:
        yield server


@pytest.fixture
def postgres(
    postgres_cluster: postgres_server.Postgres, monkeypatch: pytest.MonkeyPatch
) -> Iterator[postgres_server.Postgres]:
    """The server with an empty schema `public`, and its password in the environment."""
    monkeypatch.setenv("KIZUNA_PG_PASSWORD", postgres_server.PASSWORD)
    postgres_cluster.run("drop schema if exists crm cascade; drop schema public cascade; create schema public")
    yield postgres_cluster
