"""What only a bucket can get wrong: lost replies, conflicts, servers that promise less, no server at all."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from stories.clock import SystemClock
from stories.errors import StorageUnavailable, TargetUnusable
from stories.storage.fsspec_store import FsspecStore, open_store
from tests.doubles.meddling_proxy import Answer, LostReply, Meddler, Request, meddling_proxy
from tests.doubles.object_store import ObjectStore

_CONFLICT = Answer(409, b"<Error><Code>ConditionalRequestConflict</Code><Message>try again</Message></Error>")
_PLAIN_412 = Answer(412, b"<Error><Code>PreconditionFailed</Code><Message>At least one</Message></Error>")
_BROKEN = Answer(500, b"<Error><Code>InternalError</Code><Message>We encountered an error</Message></Error>")


class PatientClock(SystemClock):
    """Notes what it was asked to sleep, and does not."""

    def __init__(self) -> None:
        self.slept_seconds: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept_seconds.append(seconds)


class Script:
    """Meddles with the conditional creates in the order given, and lets everything after them through."""

    def __init__(self, *verdicts: Answer | LostReply) -> None:
        self.verdicts = list(verdicts)
        self.creates = 0

    def __call__(self, request: Request) -> Answer | LostReply | None:
        if request.method != "PUT" or "if-none-match" not in {name.lower() for name in request.headers}:
            return None
        self.creates += 1
        return self.verdicts.pop(0) if self.verdicts else None


@contextmanager
def _target_behind(server: ObjectStore, meddler: Meddler, clock: SystemClock | None = None) -> Iterator[FsspecStore]:
    bucket = server.new_bucket()
    with meddling_proxy(server.endpoint_url, meddler) as url:
        options = {
            **server.storage_options,
            "endpoint_url": url,
            "config_kwargs": {"retries": {"total_max_attempts": 1}},
        }
        yield open_store(f"s3://{bucket}/x", storage_options=options, clock=clock)


def _without_condition(request: Request) -> None:
    for name in [name for name in request.headers if name.lower() == "if-none-match"]:
        del request.headers[name]


async def test_a_server_that_ignores_conditional_create_is_refused_by_the_probe(s3_endpoint: ObjectStore) -> None:
    with _target_behind(s3_endpoint, _without_condition) as target:
        async with target:
            with pytest.raises(TargetUnusable, match=r"x: it ignores conditional create \(If-None-Match\)"):
                await target.probe()
            assert [stored async for stored in target.list("")] == []


async def test_a_create_whose_reply_was_lost_counts_as_ours(s3_endpoint: ObjectStore) -> None:
    script = Script(LostReply())
    with _target_behind(s3_endpoint, script) as target:
        async with target:
            assert await target.create("_meta/one", b"mine")
            assert script.creates == 2, "the client did not send it again"
            assert not await target.create("_meta/one", b"other")


async def test_a_conflict_is_tried_again_and_never_read_as_taken(s3_endpoint: ObjectStore) -> None:
    clock = PatientClock()
    script = Script(_CONFLICT, _CONFLICT)
    with _target_behind(s3_endpoint, script, clock) as target:
        async with target:
            assert await target.create("_meta/one", b"mine")
            assert await target.read("_meta/one") == b"mine"
    assert script.creates == 3
    assert len(clock.slept_seconds) == 2


async def test_endless_conflicts_end_as_unavailable(s3_endpoint: ObjectStore) -> None:
    with _target_behind(s3_endpoint, Script(*[_CONFLICT] * 99), PatientClock()) as target:
        async with target:
            with pytest.raises(StorageUnavailable, match="_meta/one"):
                await target.create("_meta/one", b"mine")


async def test_a_412_of_a_server_that_does_not_name_the_condition_means_taken(s3_endpoint: ObjectStore) -> None:
    script = Script()
    with _target_behind(s3_endpoint, script) as target:
        async with target:
            assert await target.create("_meta/one", b"mine")
            script.verdicts = [_PLAIN_412, _PLAIN_412]
            assert not await target.create("_meta/one", b"other")
            assert await target.create("_meta/one", b"mine")


async def test_a_server_in_trouble_is_unavailable(s3_endpoint: ObjectStore) -> None:
    with _target_behind(s3_endpoint, lambda request: _BROKEN) as target:
        async with target:
            for call in (target.create("a", b"x"), target.publish("a", b"x"), target.read("a"), target.probe()):
                with pytest.raises(StorageUnavailable, match=target.url):
                    await call
            with pytest.raises(StorageUnavailable):
                await anext(target.list(""))


async def test_an_unreachable_endpoint_is_unavailable(s3_endpoint: ObjectStore) -> None:
    options = {"endpoint_url": "http://127.0.0.1:1", "config_kwargs": {"retries": {"total_max_attempts": 1}}}
    async with open_store("s3://bucket/x", storage_options=s3_endpoint.storage_options | options) as target:
        with pytest.raises(StorageUnavailable, match=r"s3://bucket/x did not answer: .*127\.0\.0\.1:1"):
            await target.probe()


async def test_a_missing_bucket_is_never_read_as_an_absent_key(s3_endpoint: ObjectStore) -> None:
    async with open_store("s3://no-such-bucket/x", storage_options=s3_endpoint.storage_options) as target:
        for call in (target.probe(), target.read("a"), target.size_bytes("a"), target.publish("a", b"x")):
            with pytest.raises(TargetUnusable, match="s3://no-such-bucket/x: no such bucket; create it"):
                await call
        with pytest.raises(TargetUnusable, match="no such bucket"):
            await anext(target.list(""))


async def test_refused_credentials_stop(s3_endpoint: ObjectStore) -> None:
    denied = Answer(403, b"<Error><Code>SignatureDoesNotMatch</Code><Message>does not match</Message></Error>")
    with _target_behind(s3_endpoint, lambda request: denied) as target:
        async with target:
            for call in (target.probe(), target.read("a"), target.size_bytes("a"), target.delete("a")):
                with pytest.raises(TargetUnusable, match="no permission"):
                    await call


async def test_no_credentials_at_all_are_named(s3_endpoint: ObjectStore) -> None:
    async with open_store("s3://bucket/x", storage_options={"endpoint_url": s3_endpoint.endpoint_url}) as target:
        with pytest.raises(TargetUnusable, match="set those of the cloud in the environment"):
            await target.probe()


async def test_the_environment_alone_is_enough(s3_endpoint: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in s3_endpoint.environment.items():
        monkeypatch.setenv(name, value)
    bucket = s3_endpoint.new_bucket()
    async with open_store(f"s3://{bucket}/x") as target:
        await target.probe()
        await target.publish("a/b", b"x")
    assert s3_endpoint.keys(bucket) == ["x/a/b"]


async def test_a_listing_sees_what_others_wrote_and_hides_markers(s3_endpoint: ObjectStore) -> None:
    bucket = s3_endpoint.new_bucket()
    async with open_store(f"s3://{bucket}/x", storage_options=s3_endpoint.storage_options) as target:
        await target.publish("a/b", b"x")
        assert [stored.key async for stored in target.list("a")] == ["a/b"]
        for key in ("x/a/c", "x/a/", "x/a/.tmp-probe-1", "x/a/[odd] *?", "xy/a/d", "y"):
            s3_endpoint.put(bucket, key, b"outside")
        assert [stored.key async for stored in target.list("a")] == ["a/[odd] *?", "a/b", "a/c"]
        assert [stored.key async for stored in target.list("")] == ["a/[odd] *?", "a/b", "a/c"]
        s3_endpoint.put(bucket, "x/a/b", b"longer than before")
        assert await target.read("a/b") == b"longer than before"
        assert await target.size_bytes("a/b") == 18


async def test_the_bucket_itself_may_be_the_target(s3_endpoint: ObjectStore) -> None:
    bucket = s3_endpoint.new_bucket()
    async with open_store(f"s3://{bucket}", storage_options=s3_endpoint.storage_options) as target:
        await target.probe()
        assert await target.create("a/b", b"x")
        assert [stored.key async for stored in target.list("")] == ["a/b"]


async def test_a_read_asks_once(s3_endpoint: ObjectStore) -> None:
    """In several requests, an object that is replaced meanwhile could come out as a mixture."""
    seen: list[str] = []
    with _target_behind(s3_endpoint, lambda request: seen.append(request.method)) as target:
        async with target:
            await target.publish("big", b"x" * 1_000_000)
            seen.clear()
            assert await target.read("big") == b"x" * 1_000_000
            assert seen == ["GET"]
