"""What every target does alike: the contract of `Store`."""

import asyncio

import pytest

from stories.storage.fsspec_store import FsspecStore
from stories.storage.store import Store


async def _keys(store: Store, prefix: str = "") -> list[str]:
    return [stored.key async for stored in store.list(prefix)]


async def test_an_object_comes_back_as_it_was_stored(target: FsspecStore) -> None:
    content = bytes(range(256)) * 5000
    await target.publish("images/ab/scene-01.png", content)
    assert await target.read("images/ab/scene-01.png") == content
    assert await target.size_bytes("images/ab/scene-01.png") == len(content)


async def test_an_empty_object_is_there(target: FsspecStore) -> None:
    assert await target.create("empty", b"")
    assert await target.read("empty") == b""
    assert await target.size_bytes("empty") == 0
    assert not await target.create("empty", b"full")


async def test_a_missing_key_is_none_and_not_an_error(target: FsspecStore) -> None:
    await target.publish("a/b", b"x")
    for key in ("nothing", "a", "a/b2", "nowhere/at/all"):
        assert await target.read(key) is None
        assert await target.size_bytes(key) is None


async def test_of_two_creators_the_first_keeps_the_key(target: FsspecStore) -> None:
    assert await target.create("_meta/one", b"first")
    assert not await target.create("_meta/one", b"second")
    assert await target.read("_meta/one") == b"first"


async def test_a_create_that_finds_its_own_content_counts_as_ours(target: FsspecStore) -> None:
    assert await target.create("_meta/one", b"with my nonce")
    assert await target.create("_meta/one", b"with my nonce")


async def test_a_race_for_a_key_has_one_winner(target: FsspecStore) -> None:
    for race in range(5):
        claims = [f"writer {number}".encode() for number in range(8)]
        won = await asyncio.gather(*(target.create(f"races/{race}", claim) for claim in claims))
        assert won.count(True) == 1
        assert await target.read(f"races/{race}") == claims[won.index(True)]


async def test_publish_replaces(target: FsspecStore) -> None:
    await target.publish("metadata.parquet", b"old and long")
    await target.publish("metadata.parquet", b"new")
    assert await target.read("metadata.parquet") == b"new"


async def test_a_reader_sees_the_old_bytes_or_the_new(target: FsspecStore) -> None:
    versions = [bytes([letter]) * 300_000 for letter in b"abcd"]
    await target.publish("README.md", versions[0])
    published = asyncio.Event()

    async def publish_all() -> None:
        for version in versions * 3:
            await target.publish("README.md", version)
        published.set()

    seen = {await target.read("README.md")}
    writer = asyncio.create_task(publish_all())
    while not published.is_set():
        seen.add(await target.read("README.md"))
    await writer
    assert seen <= set(versions)


async def test_a_listing_is_in_key_order_and_whole(target: FsspecStore) -> None:
    keys = ["ab/c", "a.b", "a/b.c", "a/b/c", "a0", "a-z", "A/z", "_meta/x=1/y"]
    for key in keys:
        await target.publish(key, key.encode())
    listed = [stored async for stored in target.list("")]
    assert [stored.key for stored in listed] == sorted(keys)
    assert all(stored.size_bytes == len(stored.key) for stored in listed)


async def test_a_listing_of_many_has_them_all(target: FsspecStore) -> None:
    keys = [f"items/{number:04}/1.intent" for number in range(250)]
    await asyncio.gather(*(target.publish(key, b"x") for key in keys))
    assert await _keys(target, "items") == keys


async def test_a_prefix_is_a_directory_and_not_a_beginning(target: FsspecStore) -> None:
    for key in ("runs/1", "runs/2/shard", "runs-old/1", "run"):
        await target.publish(key, b"x")
    assert await _keys(target, "runs") == ["runs/1", "runs/2/shard"]
    assert await _keys(target, "runs/2") == ["runs/2/shard"]
    assert await _keys(target, "ru") == []
    assert await _keys(target, "nowhere") == []


async def test_a_target_that_is_not_there_yet_is_empty(target: FsspecStore) -> None:
    assert await _keys(target) == []


async def test_a_prefix_that_is_an_object_lists_nothing(target: FsspecStore) -> None:
    await target.publish("run", b"x")
    assert await _keys(target, "run") == []


async def test_delete_removes_and_does_not_mind_absence(target: FsspecStore) -> None:
    await target.publish("a/b", b"x")
    await target.delete("a/b")
    await target.delete("a/b")
    assert await target.read("a/b") is None
    assert await _keys(target) == []


async def test_the_probe_leaves_nothing(target: FsspecStore) -> None:
    await target.probe()
    await target.probe()
    assert await _keys(target) == []


async def test_keys_outside_the_rules_are_refused_everywhere(target: FsspecStore) -> None:
    for key in ("", "/etc/passwd", "a/../b", "a*"):
        for call in (target.read, target.size_bytes, target.delete):
            with pytest.raises(ValueError, match="the key"):
                await call(key)
        for write in (target.create, target.publish):
            with pytest.raises(ValueError, match="the key"):
                await write(key, b"x")
    with pytest.raises(ValueError, match="the key"):
        await _keys(target, "a/")
    assert await _keys(target) == []


async def test_a_closed_target_takes_no_more_calls(target: FsspecStore) -> None:
    await target.close()
    with pytest.raises(RuntimeError):
        await target.read("a")
