"""A host's disk with its spools: a lock that ends with its process, lines that are there when a call returns."""

from collections.abc import Callable
from dataclasses import dataclass, field

from stories.errors import SpoolUnusable
from stories.ledger.spool import DeadSpool, SpooledJob
from tests.doubles.virtual.world import VirtualProcess


@dataclass
class SpoolFile:
    """A spool on a disk; `holder` has its lock."""

    spool_id: str
    holder: VirtualProcess | None
    sending: set[tuple[str, int]] = field(default_factory=set)
    accepted: list[SpooledJob] = field(default_factory=list)

    def unlock(self, holder: VirtualProcess) -> None:
        """The holder gives the lock up, or is dead."""
        if self.holder is holder:
            self.holder = None


@dataclass
class Disk:
    """The spools of one host by their ids."""

    files: dict[str, SpoolFile] = field(default_factory=dict)


class VirtualSpool:
    """The `OwnSpool` of one process (Rule 7)."""

    def __init__(self, disk: Disk, process: VirtualProcess) -> None:
        self._disk = disk
        self._process = process
        self._file = SpoolFile(process.world.token(), process)
        self._is_broken = False
        disk.files[self._file.spool_id] = self._file
        process.at_death.append(self.close)

    def close(self) -> None:
        """Every lock of the process is free."""
        self._is_broken = True
        for file in self._disk.files.values():
            file.unlock(self._process)

    @property
    def spool_id(self) -> str:
        return self._file.spool_id

    @property
    def place(self) -> str:
        return f"{self._process.host}:spool"

    def is_held(self, spool_id: str) -> bool:
        file = self._disk.files.get(spool_id)
        return file is not None and file.holder is not None

    async def sending(self, story_id: str, attempt: int) -> None:
        await self._write(f"sending {story_id} {attempt}", lambda: self._file.sending.add((story_id, attempt)))

    async def accepted(self, job: SpooledJob) -> None:
        await self._write(f"accepted {job.job_id}", lambda: self._file.accepted.append(job))

    async def take_dead(self) -> tuple[DeadSpool, ...]:
        return await self._process.step("the taking of dead spools", self._take, lands_late=False)

    async def release(self, dead: DeadSpool) -> None:
        await self._process.step(
            "the release of a spool", lambda: self._disk.files[dead.spool_id].unlock(self._process), lands_late=False
        )

    async def fold_away(self, dead: DeadSpool) -> None:
        await self._process.step("the folding of a spool", lambda: self._fold(dead.spool_id), lands_late=False)

    async def _write(self, line: str, write: Callable[[], object]) -> None:
        def effect() -> None:
            self._process.world.note(self._process.name, f"spools {line}")
            write()

        if self._process.world.happens(self._process.world.odds.spool_broken, "fault:disk_full"):
            self._is_broken = True
        if self._is_broken:
            raise SpoolUnusable("no space is left; nothing may be sent")
        await self._process.step(f"the line {line}", effect, lands_late=False)

    def _take(self) -> tuple[DeadSpool, ...]:
        free = [file for file in self._disk.files.values() if file.holder is None]
        for file in free:
            file.holder = self._process
            self._process.world.note(self._process.name, f"takes spool {file.spool_id}")
        return tuple(
            DeadSpool(file.spool_id, frozenset(file.sending), tuple(file.accepted), is_whole=True) for file in free
        )

    def _fold(self, spool_id: str) -> None:
        self._disk.files.pop(spool_id, None)
