"""The S3 destination against moto's server, seen with Amazon's own client."""

import ssl
from collections.abc import Iterator

import pytest

from dagster_project.activation.feeds.destinations import DestinationFailed, s3
from dagster_project.errors import StageFailed
from tests.ports import free_port
from tests.services.s3_server import Store, store
from tests.services.syncs import FIRST, SECOND, Engine, Killed, killed_after, opened, written


@pytest.fixture(scope="module")
def running() -> Iterator[Store]:
    with store() as server:
        yield server


@pytest.fixture
def bucket(running: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("KIZUNA_S3_KEY", "AKIAHUNTER2")
    monkeypatch.setenv("KIZUNA_S3_SECRET", "hunter3")
    running.empty()
    return running


def test_a_sync_lies_under_its_prefix_with_the_manifest_last(bucket, home, tmp_path):
    destination = opened(bucket.settings(prefix="out/kizuna/"), home)
    sync = written(tmp_path, [("a", "資生堂"), ("b", "2")], ("gone",))
    assert destination.holds(sync.id) is None
    receipt = destination.send(sync.id, sync.folder, sync.names)
    place = f"out/kizuna/things/{FIRST}"
    assert receipt.place == f"s3://kizuna-feeds/{place}"
    assert bucket.uploads() == [f"{place}/data-0001.csv", f"{place}/deletes-0001.csv", f"{place}/manifest.json"]
    for name in sync.names:
        stored = bucket.client().get_object(Bucket="kizuna-feeds", Key=f"{place}/{name}")["Body"].read()
        assert stored == (sync.folder / name).read_bytes()
    assert destination.holds(sync.id) == receipt
    assert destination.holds(("things", SECOND)) is None


def test_a_large_file_is_sent_in_parts_and_arrives_whole(bucket, home, tmp_path):
    sync = written(tmp_path, [(f"key-{n:06}", "x" * 10_000) for n in range(600)])
    opened(bucket.settings(), home).send(sync.id, sync.folder, sync.names)
    size = (sync.folder / "data-0001.csv").stat().st_size
    assert size > 5 * 1024 * 1024
    assert bucket.objects()[f"things/{FIRST}/data-0001.csv"] == size
    assert bucket.uploads()[-1].endswith("manifest.json")


@pytest.mark.parametrize("status", [500, 503])
def test_a_fault_of_the_store_is_tried_again_by_the_client(bucket, home, tmp_path, status):
    failed = []

    def once(method: str, path: str) -> int | None:
        if method == "PUT" and not failed:
            failed.append(path)
            return status
        return None

    bucket.spoil = once
    sync = written(tmp_path, [("a", "1")])
    opened(bucket.settings(), home).send(sync.id, sync.folder, sync.names)
    data = f"things/{FIRST}/data-0001.csv"
    assert failed == [f"/kizuna-feeds/{data}"]
    assert bucket.uploads() == [data, data, f"things/{FIRST}/manifest.json"]


def test_an_upload_that_breaks_leaves_no_manifest_and_is_cleared_away(bucket, home, tmp_path):
    engine = Engine(home, bucket.settings())
    engine.put({"a": "1"})
    bucket.spoil = lambda method, path: 500 if method == "PUT" and path.endswith("manifest.json") else None
    with pytest.raises(StageFailed, match=r"bucket kizuna-feeds did not take manifest.json.*\(tried 2 times\)"):
        engine.sync()
    bucket.spoil = lambda method, path: None
    assert bucket.objects() == {}
    engine.put({"a": "one"})
    assert engine.sync().status == "delivered"
    assert engine.sync().status == "unchanged"
    assert sorted(name.split("/")[-1] for name in bucket.objects()) == ["data-0001.csv", "manifest.json"]


@pytest.mark.parametrize("point", ["before the manifest", "after it"])
def test_killed_while_sending_the_bucket_ends_right(bucket, home, monkeypatch, point):
    engine = Engine(home, bucket.settings())
    engine.put({"a": "1"})
    with monkeypatch.context() as patch:
        if point == "before the manifest":
            killed_after(patch, s3.obstore, "put")
        else:
            killed_after(patch, s3.S3Destination, "send")
        with pytest.raises(Killed):
            engine.sync()
    assert engine.sync().status == ("delivered" if point == "before the manifest" else "unchanged")
    assert sorted(name.split("/")[-1] for name in bucket.objects()) == ["data-0001.csv", "manifest.json"]


def test_what_is_whole_is_never_discarded_nor_is_a_neighbour(bucket, home, tmp_path):
    destination = opened(bucket.settings(), home)
    first, second = written(tmp_path, [("a", "1")]), written(tmp_path, [("a", "2")], (), f"{FIRST}2")
    destination.send(first.id, first.folder, first.names)
    destination.discard(first.id)
    destination.send(second.id, second.folder, second.names[:1])
    destination.discard(second.id)
    assert sorted(bucket.objects()) == [f"things/{FIRST}/data-0001.csv", f"things/{FIRST}/manifest.json"]


@pytest.mark.parametrize("status", [401, 403])
def test_keys_that_the_store_refuses_are_named_by_their_variables_and_never_shown(bucket, home, tmp_path, status):
    bucket.spoil = lambda method, path: status
    sync = written(tmp_path, [("a", "1")])
    destination = opened(bucket.settings(), home)
    for act in (lambda: destination.send(sync.id, sync.folder, sync.names), lambda: destination.holds(sync.id)):
        bucket.requests.clear()
        with pytest.raises(DestinationFailed, match="the keys in KIZUNA_S3_KEY and KIZUNA_S3_SECRET") as failure:
            act()
        assert len(bucket.requests) == 1
        assert not any(word in repr(failure.value) for word in ("AKIA", "hunter"))


def test_a_variable_that_is_not_set_is_named(bucket, home, monkeypatch):
    monkeypatch.delenv("KIZUNA_S3_SECRET")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another key of the machine")
    with pytest.raises(DestinationFailed, match="set the environment variable KIZUNA_S3_SECRET"):
        opened(bucket.settings(), home).holds(("things", FIRST))
    assert bucket.requests == []


def test_a_bucket_that_is_not_there_is_not_taken_for_one_that_lost_the_sync(bucket, home, tmp_path):
    destination = opened(bucket.settings(bucket="another"), home)
    sync = written(tmp_path, [("a", "1")])
    for act in (lambda: destination.send(sync.id, sync.folder, sync.names), lambda: destination.holds(sync.id)):
        with pytest.raises(DestinationFailed, match=r"bucket another .*there is no such bucket"):
            act()


def test_a_store_that_is_down_is_named(bucket, home):
    with pytest.raises(
        DestinationFailed, match=r"127.0.0.1: bucket kizuna-feeds cannot be asked: .* \(tried 2 times\)"
    ):
        opened(bucket.settings(endpoint=f"http://127.0.0.1:{free_port()}"), home).holds(("things", FIRST))


def test_tls_is_verified(bucket, home, tmp_path, certificates):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate, certificates.key)
    sync = written(tmp_path, [("a", "1")])
    with store(context) as server:
        endpoint = f"https://127.0.0.1:{server.port}"
        for authority in (None, str(certificates.other)):
            destination = opened(bucket.settings(endpoint=endpoint, certificates=authority), home)
            with pytest.raises(DestinationFailed, match="its certificate is not trusted; name its authority's file"):
                destination.send(sync.id, sync.folder, sync.names)
        assert server.requests == []
        trusted = opened(bucket.settings(endpoint=endpoint, certificates=str(certificates.authority)), home)
        trusted.send(sync.id, sync.folder, sync.names)
    assert len(bucket.objects()) == 2
