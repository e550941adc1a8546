"""Repair of the faults that an audit found, from data that is there or paid for already; nothing is ever sent."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from stories.api.images import ImageClient
from stories.api.poll import PollClient
from stories.api.session import open_session
from stories.config import RunConfig
from stories.dataset import layout
from stories.dataset.audit.dataset import audit_dataset
from stories.dataset.audit.findings import Audit, Finding, FindingKind
from stories.dataset.audit.rebuild import RestoreResult, read_saved_story, restore_part, restore_sidecar
from stories.dataset.log.exchange import finish_replacements
from stories.dataset.model import ImageRole, SavedImage, SavedStory, from_sidecar
from stories.dataset.publication import publish
from stories.errors import ImageRefused, ImageUrlExpired, JobNotFound, TargetUnusable, TransientError
from stories.jobs.expected_images import expected_references, expected_scenes, place_completed
from stories.target import OpenDataset

_UNTOUCHED = {
    FindingKind.EXTRA: "not removed, because its owner is unknown; remove it by hand if nobody needs it",
    FindingKind.WRONG_ROW: "its part could not be built again; restore that file from a copy",
    FindingKind.STALE: "publish it again: depicta dataset compact",
}
_RESTORED = {
    RestoreResult.AS_RECORDED: "built again with the bytes that the log records",
    RestoreResult.REPLACED: "built again with the same rows in another part, which the log names instead",
}
_IMAGE_FAULTS = {FindingKind.MISSING, FindingKind.TRUNCATED, FindingKind.DAMAGED, FindingKind.SWAPPED}


@dataclass(frozen=True)
class Mend:
    """The result of repairing a finding; `how` says what was done, or what is left to do."""

    finding: Finding
    is_mended: bool
    how: str


@dataclass(frozen=True)
class Inspection:
    """An audit, and the results of repairing its findings; without a repair there are none."""

    audit: Audit
    mends: tuple[Mend, ...] = ()

    @property
    def left(self) -> int:
        """Number of findings that are not mended."""
        return len(self.audit.findings) - sum(mend.is_mended for mend in self.mends)


async def inspect(
    dataset: OpenDataset,
    config: RunConfig | None,
    jitter: random.Random,
    *,
    new_nonce: Callable[[], str],
    on_progress: Callable[[Audit], None],
    on_mend: Callable[[Mend], None],
) -> Inspection:
    """Audit the dataset; with a config, mend what can be mended without paying. Never sends a storyboard.

    `new_nonce` returns a random text of `[A-Za-z0-9]`, a different one on every call.
    """

    async def under_way() -> frozenset[str]:
        return frozenset(await dataset.ledger.survey())

    async def audit_again() -> Audit:
        return await audit_dataset(dataset.store, dataset.commits, under_way=under_way, on_progress=on_progress)

    audit = await audit_again()
    if config is None or not audit.findings:
        return Inspection(audit)
    async with open_session(config, dataset.clock, jitter) as session:
        repair = Repair(dataset, session.polls, session.images, new_nonce=new_nonce, on_progress=on_mend)
        mends = await repair.mend(audit.findings)
        if any(mend.is_mended and _is_part(mend.finding) for mend in mends):  # only now can the stories in it be read
            again = await audit_again()
            mended = tuple(mend for mend in mends if mend.is_mended)
            mends = (*mended, *await repair.mend(again.findings))
            again.findings[:0] = [mend.finding for mend in mended]
            audit = again
        return Inspection(audit, mends)


class Repair:
    """Mends findings in the order in which each mend helps the next: records, parts, sidecars, images, the rest."""

    def __init__(
        self,
        dataset: OpenDataset,
        polls: PollClient,
        images: ImageClient,
        *,
        new_nonce: Callable[[], str],
        on_progress: Callable[[Mend], None] = lambda _mend: None,
    ) -> None:
        self._dataset = dataset
        self._store = dataset.store
        self._polls = polls
        self._images = images
        self._new_nonce = new_nonce
        self._on_progress = on_progress
        self._mends: dict[Finding, Mend] = {}

    async def mend(self, findings: Iterable[Finding]) -> tuple[Mend, ...]:
        """Mend the findings and return the result of each; publishes the dataset if any was mended."""
        findings = tuple(findings)
        await self._finish([it for it in findings if it.kind is FindingKind.UNFINISHED])
        for finding in findings:
            if _is_part(finding):
                await self._mend_part(finding)
        for finding in findings:
            if finding.kind in _IMAGE_FAULTS and finding.key.endswith("/story.json"):
                await self._mend_sidecar(finding)
        for story_id, of_story in _by_story(findings).items():
            await self._mend_images(story_id, of_story)
        published = [it for it in findings if it.key in (layout.METADATA, layout.CARD)]
        if published or any(it.is_mended for it in self._mends.values()):
            await self._publish(published)
        for finding in findings:
            if finding not in self._mends:
                self._note(finding, _UNTOUCHED.get(finding.kind, "restore the file from a copy"), is_mended=False)
        return tuple(self._mends[finding] for finding in findings)

    async def _finish(self, unfinished: list[Finding]) -> None:
        if not unfinished:
            return
        await self._dataset.commits.recover()
        await finish_replacements(self._store)
        for finding in unfinished:
            is_gone = await self._store.size_bytes(finding.key) is None
            self._note(
                finding, "finished" if is_gone else "left for the process that is still busy with it", is_mended=is_gone
            )

    async def _mend_part(self, finding: Finding) -> None:
        if finding.kind is FindingKind.WRONG_ROW:
            part = next(
                (it for it in self._mends if it.key == finding.key and it.kind is not FindingKind.WRONG_ROW), None
            )
            if part is not None and self._mends[part].is_mended:
                self._note(finding, "its part was built again", is_mended=True)
        elif finding.kind in (FindingKind.MISSING, FindingKind.DAMAGED):
            dataset = self._dataset
            restored = await restore_part(
                dataset.store, dataset.commits, finding.key, now=dataset.clock.now(), nonce=self._new_nonce()
            )
            if restored is not None:
                self._note(finding, _RESTORED[restored], is_mended=True)
            else:
                self._note(finding, "it cannot be built again; restore the file from a copy", is_mended=False)

    async def _mend_sidecar(self, finding: Finding) -> None:
        if await restore_sidecar(self._store, self._dataset.commits, finding.story_id or ""):
            self._note(finding, "written again from the manifest", is_mended=True)
        else:
            self._note(finding, "the manifest does not have all of it; restore it from a copy", is_mended=False)

    async def _mend_images(self, story_id: str, findings: list[Finding]) -> None:
        """Poll the story's job for fresh URLs, and store only bytes with the recorded hash."""
        saved = await self._saved(story_id)
        try:
            urls = await self._fresh_urls(saved) if saved is not None else {}
        except TransientError as exc:
            for finding in findings:
                self._note(finding, f"the service does not answer, try again later: {exc}", is_mended=False)
            return
        except JobNotFound as exc:
            for finding in findings:
                self._note(finding, _proposal(f"the service does not know its job any more ({exc})"), is_mended=False)
            return
        if saved is None:
            for finding in findings:
                self._note(
                    finding, _proposal("its sidecar is lost, and the manifest does not have all of it"), is_mended=False
                )
            return
        by_key = {image.key: image for image in saved.images}
        for finding in findings:
            image = by_key.get(finding.key)
            try:
                problem = await self._fetch(saved, image, urls)
            except (ImageRefused, TransientError, JobNotFound) as exc:
                problem = str(exc)
            if problem is None:
                self._note(finding, f"fetched again from job {saved.job_id}", is_mended=True)
            else:
                self._note(finding, _proposal(problem), is_mended=False)

    async def _saved(self, story_id: str) -> SavedStory | None:
        content = await self._store.read(layout.sidecar_key(story_id))
        try:
            return from_sidecar(content or b"")
        except ValueError:
            return await read_saved_story(self._store, self._dataset.commits, story_id)

    async def _fresh_urls(self, saved: SavedStory) -> dict[object, str]:
        if saved.job_id is None:
            return {}
        result = (await self._polls.job(saved.job_id)).answer.result
        if result is None:
            return {}
        formats = list(dict.fromkeys(it.asked_format for it in saved.images if it.asked_format is not None))
        wanted = expected_scenes(saved.story, place_completed(saved.story, result), formats) | expected_references(
            result
        )
        return {_place(it.role, it.ordinal, it.name, it.format): url for it, url in wanted.items() if url is not None}

    async def _fetch(self, saved: SavedStory, image: SavedImage | None, urls: dict[object, str]) -> str | None:
        """Return the problem, or None once the recorded bytes are on the target again."""
        if image is None or image.facts is None or image.key is None:
            return "its sidecar does not name this image"
        place = _place(image.role, image.ordinal, image.name, image.asked_format)
        url = urls.get(place)
        if url is None:
            return f"job {saved.job_id} shows no such image any more"
        try:
            fetched = await self._images.fetch(url)
        except ImageUrlExpired:
            urls |= await self._fresh_urls(saved)
            fetched = await self._images.fetch(urls[place])
        if fetched.sha256 != image.facts.sha256:
            return "the service now serves other bytes for it than were recorded, so they were not stored"
        await self._store.publish(image.key, fetched.content)
        return None

    async def _publish(self, published: list[Finding]) -> None:
        try:
            await publish(self._store, self._dataset.commits, self._dataset.identity)
        except TargetUnusable as exc:
            for finding in published:
                self._note(finding, str(exc), is_mended=False)
            return
        for finding in published:
            self._note(finding, "published again from the committed parts", is_mended=True)

    def _note(self, finding: Finding, how: str, *, is_mended: bool) -> None:
        mend = Mend(finding, is_mended, how)
        self._mends[finding] = mend
        self._on_progress(mend)


def _is_part(finding: Finding) -> bool:
    return finding.key.endswith(".parquet") and finding.key.startswith(f"{layout.MANIFEST}/")


def _by_story(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    by_story: dict[str, list[Finding]] = {}
    for finding in findings:
        is_image = finding.key.startswith(f"{layout.IMAGES}/") and not finding.key.endswith("/story.json")
        if is_image and finding.kind in _IMAGE_FAULTS and finding.story_id is not None:
            by_story.setdefault(finding.story_id, []).append(finding)
    return by_story


def _place(role: ImageRole, ordinal: int, name: str | None, image_format: object) -> object:
    return role, ordinal if name is None else name, image_format


def _proposal(problem: str) -> str:
    return (
        f"{problem}. Restore the file from a copy; or produce the storyboard once more into another target "
        "(depicta batch run), which is paid for again and draws other pictures"
    )
