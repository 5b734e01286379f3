"""The SFTP destination against OpenSSH's server, and against one that breaks off."""

import asyncio
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import asyncssh
import pytest

from dagster_project.activation.feeds.destinations import DestinationFailed
from dagster_project.activation.feeds.destinations.sftp import SftpDestination
from dagster_project.errors import StageFailed
from tests.ports import free_port
from tests.services.ssh_servers import PASSWORD, Moody, Ssh, key_pair, moody, openssh
from tests.services.syncs import FIRST, SECOND, Engine, Killed, killed_after, killed_at, opened, written


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, keys: Path) -> Iterator[Ssh]:
    with openssh(tmp_path_factory.mktemp("openssh"), key_pair(keys / "ours")) as server:
        yield server


@pytest.fixture
def server(running: Ssh, keys: Path, monkeypatch: pytest.MonkeyPatch) -> Ssh:
    """OpenSSH, with an empty folder and the right key named in the environment."""
    monkeypatch.setenv("KIZUNA_SFTP_KEY_FILE", str(keys / "ours"))
    shutil.rmtree(running.files)
    running.files.mkdir()
    return running


@pytest.fixture
def moods(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ssh]:
    monkeypatch.setenv("KIZUNA_SFTP_PASSWORD", PASSWORD)
    (tmp_path / "server").mkdir()
    with moody(tmp_path / "server") as server:
        yield server


def by_password(server: Ssh, **changes) -> dict:
    """Settings that prove themselves by the password."""
    return server.settings(key_file_env=None, password_env="KIZUNA_SFTP_PASSWORD", **changes)


def test_a_sync_arrives_whole_under_its_path(server, home, tmp_path):
    destination = opened(server.settings(), home)
    sync = written(tmp_path, [("a", "資生堂"), ("b", "2")], ("gone",))
    assert destination.holds(sync.id) is None
    receipt = destination.send(sync.id, sync.folder, sync.names)
    assert receipt.place == f"sftp://127.0.0.1:{server.port}/{str(server.files).lstrip('/')}/things/{FIRST}"
    assert server.names() == sorted(f"things/{FIRST}/{name}" for name in sync.names)
    for name in sync.names:
        assert (server.files / "things" / FIRST / name).read_bytes() == (sync.folder / name).read_bytes()
    assert destination.holds(sync.id) == receipt
    assert destination.holds(("things", SECOND)) is None


def test_a_feed_over_sftp_from_its_first_sync_to_a_difference(server, home):
    engine = Engine(home, server.settings())
    engine.put({"a": "1", "b": "2"})
    assert engine.sync().status == "delivered"
    assert engine.sync().status == "unchanged"
    engine.put({"a": "one"})
    assert engine.sync(limits={"max_removed_share": 1}).counts.removed == 1
    assert len([name for name in server.names() if name.endswith("manifest.json")]) == 2


def test_a_host_that_is_not_known_gets_nothing_and_the_remedy_is_told(server, home, tmp_path, waits):
    sync = written(tmp_path, [("a", "1")])
    stranger = key_pair(tmp_path / "other_host")
    hosts = tmp_path / "known_hosts"
    for known in ("", f"[127.0.0.1]:{server.port} {stranger}\n", f"127.0.0.1 {stranger}\n"):
        hosts.write_text(known)
        with pytest.raises(DestinationFailed, match="host key is not the known one") as failure:
            opened(server.settings(known_hosts=str(hosts)), home).send(sync.id, sync.folder, sync.names)
        assert f"`ssh-keyscan -p {server.port} 127.0.0.1`" in str(failure.value)
        assert str(hosts) in str(failure.value)
        assert failure.value.sent_nothing
    hosts.unlink()
    with pytest.raises(DestinationFailed, match="known_hosts is missing; take its key with `ssh-keyscan"):
        opened(server.settings(known_hosts=str(hosts)), home).send(sync.id, sync.folder, sync.names)
    assert server.names() == []
    assert waits == []


def test_the_remedy_for_an_unknown_host_works_as_it_is_told(server, home, tmp_path):
    sync, hosts = written(tmp_path, [("a", "1")]), tmp_path / "known_hosts"
    hosts.touch()
    destination = opened(server.settings(known_hosts=str(hosts)), home)
    with pytest.raises(DestinationFailed) as failure:
        destination.send(sync.id, sync.folder, sync.names)
    [command] = re.findall("`(ssh-keyscan .*?)`", str(failure.value))
    done = subprocess.run(command.split(), capture_output=True, text=True, check=True, timeout=30)
    hosts.write_text(done.stdout)
    assert destination.send(sync.id, sync.folder, sync.names).rejected == ()


def test_a_key_that_is_refused_or_cannot_be_read_is_named_by_its_variable(
    server, home, tmp_path, monkeypatch, waits, keys
):
    key_pair(tmp_path / "strange")
    key_pair(tmp_path / "locked", "hunter2")
    (tmp_path / "no_key").write_text("hunter2")
    for path, words in (
        ("strange", f"refuses user {server.user}; look at what KIZUNA_SFTP_KEY_FILE holds"),
        ("locked", "the file that KIZUNA_SFTP_KEY_FILE names is no private key that can be read"),
        ("no_key", "no private key that can be read"),
        ("missing", "no private key that can be read"),
    ):
        monkeypatch.setenv("KIZUNA_SFTP_KEY_FILE", str(tmp_path / path))
        with pytest.raises(DestinationFailed) as failure:
            opened(server.settings(), home).holds(("things", FIRST))
        assert words in str(failure.value)
        assert "hunter2" not in str(failure.value)
    monkeypatch.delenv("KIZUNA_SFTP_KEY_FILE")
    with pytest.raises(DestinationFailed, match="set the environment variable KIZUNA_SFTP_KEY_FILE"):
        opened(server.settings(), home).holds(("things", FIRST))
    assert waits == []


def test_a_key_with_a_passphrase_is_opened(running, home, tmp_path, monkeypatch):
    (tmp_path / "openssh").mkdir()
    with openssh(tmp_path / "openssh", key_pair(tmp_path / "locked", "hunter2")) as server:
        monkeypatch.setenv("KIZUNA_SFTP_KEY_FILE", str(tmp_path / "locked"))
        monkeypatch.setenv("KIZUNA_SFTP_PASSPHRASE", "hunter2")
        destination = opened(server.settings(passphrase_env="KIZUNA_SFTP_PASSPHRASE"), home)
        assert destination.holds(("things", FIRST)) is None


def test_a_folder_that_may_not_be_written_is_named(server, home, tmp_path, waits):
    sync = written(tmp_path, [("a", "1")])
    with pytest.raises(DestinationFailed, match=f"does not let {server.user} write under /proc/kizuna") as failure:
        opened(server.settings(path="/proc/kizuna"), home).send(sync.id, sync.folder, sync.names)
    assert not failure.value.sent_nothing
    assert waits == []


def test_what_is_whole_is_never_discarded_and_what_is_not_is(server, home, tmp_path):
    destination = opened(server.settings(), home)
    sync = written(tmp_path, [("a", "1")])
    destination.discard(sync.id)
    destination.send(sync.id, sync.folder, sync.names)
    destination.discard(sync.id)
    destination.send(("things", SECOND), sync.folder, sync.names[:1])
    assert len(server.names()) == 3
    destination.discard(("things", SECOND))
    assert server.names() == sorted(f"things/{FIRST}/{name}" for name in sync.names)


@pytest.mark.parametrize("breaks_at", ["data-0001.csv", "manifest.json.part"])
def test_a_connection_that_breaks_is_tried_again_and_the_manifest_is_last(
    moods, home, tmp_path, monkeypatch, waits, breaks_at
):
    asked: list[str] = []

    def mood(path: str, connection) -> None:
        asked.append(Path(path).name)
        if path.endswith(breaks_at) and asked.count(breaks_at) == 1:
            assert not list(moods.files.rglob("manifest.json"))
            connection.abort()

    monkeypatch.setattr(Moody, "mood", staticmethod(mood))
    sync = written(tmp_path, [("a", "1")], ("b",))
    opened(by_password(moods), home).send(sync.id, sync.folder, sync.names)
    assert asked[-3:] == ["data-0001.csv", "deletes-0001.csv", "manifest.json.part"]
    assert moods.names() == sorted(f"things/{FIRST}/{name}" for name in sync.names)
    assert len(waits) == 1


def test_a_rename_whose_answer_is_lost_is_not_taken_for_a_failure(moods, home, tmp_path, monkeypatch, waits):
    rename = Moody.rename

    def rename_and_abort(self, old: bytes, new: bytes) -> None:
        rename(self, old, new)
        self.connection.abort()

    monkeypatch.setattr(Moody, "rename", rename_and_abort)
    sync = written(tmp_path, [("a", "1")])
    opened(by_password(moods), home).send(sync.id, sync.folder, sync.names)
    assert moods.names() == sorted(f"things/{FIRST}/{name}" for name in sync.names)
    assert len(waits) == 1


@pytest.mark.parametrize("point", ["before the manifest", "after it"])
def test_killed_while_sending_the_server_ends_right(server, home, monkeypatch, point):
    engine = Engine(home, server.settings())
    engine.put({"a": "1"})
    with monkeypatch.context() as patch:
        if point == "before the manifest":
            killed_at(patch, asyncssh.SFTPClient, "rename")
        else:
            killed_after(patch, SftpDestination, "send")
        with pytest.raises(Killed):
            engine.sync()
    assert engine.sync().status == ("delivered" if point == "before the manifest" else "unchanged")
    assert [Path(name).name for name in server.names()] == ["data-0001.csv", "manifest.json"]


def test_a_server_that_falls_silent_is_left_and_the_feed_says_so(moods, home, monkeypatch, waits):
    monkeypatch.setattr(Moody, "mood", staticmethod(lambda path, connection: asyncio.sleep(20)))
    engine = Engine(home, by_password(moods, timeout_seconds=0.5))
    engine.put({"a": "1"})
    with pytest.raises(StageFailed, match=r"was silent for 0.5 s; look whether it is up.*\(tried 2 times\)"):
        engine.sync()
    monkeypatch.setattr(Moody, "mood", staticmethod(lambda path, connection: None))
    again = Engine(home, by_password(moods))
    again.put({"a": "1"})
    assert again.sync().status == "delivered"
    assert len([name for name in moods.names() if name.endswith("manifest.json")]) == 1


def test_a_wrong_password_is_told_once_and_never_shown(moods, home, monkeypatch, waits):
    monkeypatch.setenv("KIZUNA_SFTP_PASSWORD", "hunter3")
    with pytest.raises(DestinationFailed, match="refuses user kizuna; look at what KIZUNA_SFTP_PASSWORD") as failure:
        opened(by_password(moods), home).holds(("things", FIRST))
    assert "hunter" not in str(failure.value)
    assert waits == []


def test_a_server_that_is_down_is_tried_again_and_named(server, home, waits):
    with pytest.raises(DestinationFailed, match=r"127.0.0.1:\d+ cannot be reached .* \(tried 2 times\)"):
        opened(server.settings(port=free_port()), home).holds(("things", FIRST))
    assert len(waits) == 1
