"""A bucket, and a process's way to it: a `Store` whose requests and replies get lost, and whose listings tear."""

from bisect import bisect_right, insort
from collections.abc import AsyncIterator
from functools import partial

from stories.errors import StorageUnavailable
from stories.ledger.events import RecordKind
from stories.ledger.records import JOBS_PREFIX, RecordName, decode, name_of, record_key
from stories.storage.store import StoredObject
from tests.doubles.virtual.world import VirtualProcess, World

_OUTCOMES = (RecordKind.VOID, RecordKind.REJECTED, RecordKind.JOB, RecordKind.DOUBT)


class Bucket:
    """Keys and bytes, with when and by whom each key was created. Conditional create is atomic here, as on a server."""

    def __init__(self, world: World) -> None:
        self.objects: dict[str, bytes] = {}
        self.created_at: dict[str, float] = {}
        self.writes = 0
        self._keys: list[str] = []
        self._world = world

    def create(self, key: str, content: bytes, process: VirtualProcess) -> bool:
        """Whether it was created now."""
        is_new = key not in self.objects
        self._world.note(process.name, f"{'creates' if is_new else 'finds'} {key}")
        if is_new:
            self.put(key, content)
            self._notice(key)
        self._follow(name_of(key), process, is_new=is_new)
        return is_new

    def put(self, key: str, content: bytes) -> None:
        """Store it, whatever was there."""
        if key not in self.objects:
            insort(self._keys, key)
            self.created_at[key] = self._world.loop.time()
        self.objects[key] = content
        self.writes += 1

    def remove(self, key: str) -> None:
        """Delete it, if it is there."""
        if self.objects.pop(key, None) is not None:
            self._keys.remove(key)

    def _notice(self, key: str) -> None:
        """Claims after the first, and doubts of those whose job a twin was given."""
        if key.endswith(".2.own"):
            self._world.saw("adoption:claimed_again")
        elif key.endswith(".doubt") and b"job_owned_by_another_story" in self.objects[key]:
            self._world.saw("adoption:from_a_sleeping_twin")

    def page(self, prefix: str, after: str, size: int) -> list[str]:
        """The keys behind `after`, as of now."""
        start = bisect_right(self._keys, max(after, f"{prefix}/"))
        page = []
        for key in self._keys[start : start + size]:
            if not key.startswith(f"{prefix}/"):
                break
            page.append(key)
        return page

    def has_outcome(self, story_id: str, attempt: int) -> bool:
        """Whether anybody recorded what came of the attempt."""
        return any(record_key(story_id, attempt, kind) in self.objects for kind in _OUTCOMES)

    def _follow(self, name: RecordName | None, process: VirtualProcess, *, is_new: bool) -> None:
        """Keep account of which attempts a process has open."""
        if name is None:
            return
        attempt = name.story_id, name.attempt
        if name.kind is RecordKind.INTENT and is_new:
            process.open_attempts.add(attempt)
            if process.is_dead:
                self._world.doubtful[name.story_id] += 1
        elif name.kind in _OUTCOMES:
            process.open_attempts.discard(attempt)


class VirtualStore:
    """The `Store` of one process."""

    def __init__(self, bucket: Bucket, process: VirtualProcess) -> None:
        self._bucket = bucket
        self._process = process
        self._world = process.world
        self._claimants: dict[str, tuple[str, int]] = {}
        """By key of a claim on a job: the attempt for which this process tried to make it."""

    @property
    def url(self) -> str:
        return "virtual://bucket"

    async def create(self, key: str, content: bytes) -> bool:
        world, odds = self._world, self._world.odds
        if key.startswith(f"{JOBS_PREFIX}/"):
            claim = decode(key, content)
            self._claimants[key] = claim.story_id, claim.attempt
        if world.happens(odds.write_refused, "fault:write_refused"):
            await self._process.step(f"the refused write of {key}", lambda: None)
            raise self._unavailable(key, "503")
        created = await self._process.step(
            f"the write of {key}", lambda: self._bucket.create(key, content, self._process)
        )
        if world.happens(odds.write_reply_lost, "fault:write_reply_lost"):
            if world.rng.random() < 0.5:
                raise self._unavailable(key, "the reply was lost")
            # The client of the store asked again by itself, and is told that the key is there (fact F7).
            return await self._read_back(key, content)
        return created or await self._read_back(key, content)

    async def publish(self, key: str, content: bytes) -> None:
        await self._process.step(f"the put of {key}", lambda: self._bucket.put(key, content))

    async def read(self, key: str) -> bytes | None:
        if self._world.happens(self._world.odds.store_read_trouble, "fault:store_read_trouble"):
            # Who owns a job is read from other stories' records as well, so each claim under way may have met it.
            self._process.troubled |= self._process.open_attempts & set(self._claimants.values())
            raise StorageUnavailable(f"{key} cannot be read: 503")
        return await self._process.step(f"the read of {key}", lambda: self._bucket.objects.get(key))

    async def size_bytes(self, key: str) -> int | None:
        content = await self.read(key)
        return None if content is None else len(content)

    async def list(self, prefix: str) -> AsyncIterator[StoredObject]:
        """Page by page, each as of its own moment: what is created meanwhile is seen or not."""
        size, after = self._world.rng.choice((2, 7, 1000)), ""
        while True:
            look = partial(self._bucket.page, prefix, after, size)
            page = await self._process.step(f"the list of {prefix}", look)
            for key in page:
                yield StoredObject(key, 1)
            if len(page) < size:
                return
            after = page[-1]
            self._world.saw("fault:listing_in_pages")

    async def delete(self, key: str) -> None:
        await self._process.step(f"the delete of {key}", lambda: self._bucket.remove(key))

    async def _read_back(self, key: str, content: bytes) -> bool:
        """Whose it is, told by the nonce inside."""
        return await self._process.step(f"the read-back of {key}", lambda: self._bucket.objects.get(key)) == content

    def _unavailable(self, key: str, why: str) -> StorageUnavailable:
        name = name_of(key)
        if name is not None:
            self._process.troubled.add((name.story_id, name.attempt))
        elif key in self._claimants:
            self._process.troubled.add(self._claimants[key])
        return StorageUnavailable(f"{key}: {why}")
