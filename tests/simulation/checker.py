"""What must hold once a seed is over, whoever died when: the invariants of docs/protocol.md#invariants.

The checker believes nobody. It reads the bucket's records, the service's jobs, its wire log and its charges, and none
of the ledger's own conclusions, but for where each story stands in the end (L1). Not simulated here, and tested for
real: M1 and the bytes of images (`tests/stories/jobs/test_image_saver.py`), M3, that no reader sees half a commit
(`tests/stories/dataset/`), the collection of leftover files (M4), the rate of requests in L3
(`tests/stories/batch/test_rate_limits.py`; here every POST needs its permission), the cap of a target over all of its
runs (`tests/stories/batch/test_money.py`; here that of each process), X1 and X2.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from stories.config import DoubtPolicy
from stories.ledger.entry import LedgerEntry, entry_of
from stories.ledger.events import Content, Decision, Failed, Intent, JobAssigned, Operator, Own, Rejected, Void
from stories.ledger.records import ITEMS_PREFIX, JOBS_PREFIX, Record, decode, record_key
from stories.ledger.records import RecordKind as Kind
from stories.ledger.states import SubmitState
from tests.doubles.virtual.service import COST_EUR, VirtualJob
from tests.simulation.dataset_check import committed_stories
from tests.simulation.processes import PERSON, Stage

Attempt = tuple[str, int]
HELD = (SubmitState.IN_DOUBT, SubmitState.HELD)


@dataclass(frozen=True)
class Violation:
    """An invariant that does not hold, and where."""

    invariant: str
    message: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.message}"


class Evidence:
    """The records and jobs of a seed, sorted by attempt."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        objects = stage.bucket.objects
        self.records = [decode(key, content) for key, content in objects.items() if key.startswith(f"{ITEMS_PREFIX}/")]
        self.owns = [decode(key, content) for key, content in objects.items() if key.startswith(f"{JOBS_PREFIX}/")]
        self.by_attempt: defaultdict[Attempt, dict[type[Content], Content]] = defaultdict(dict)
        for record in self.records:
            self.by_attempt[record.story_id, record.attempt][type(record.content)] = record.content
        self.committed = tuple(committed_stories(stage.bucket))
        self.stories = {story.story_id: story for story in stage.world.scenario.stories}

    @cached_property
    def intents(self) -> dict[Attempt, Intent]:
        return {at: it for at, found in self.by_attempt.items() if isinstance(it := found.get(Intent), Intent)}

    @cached_property
    def attempt_of_key(self) -> dict[str, Attempt]:
        return {intent.idempotency_key: attempt for attempt, intent in self.intents.items()}

    @cached_property
    def job_of(self) -> dict[Attempt, str]:
        return {
            at: it.job_id
            for at, found in self.by_attempt.items()
            if isinstance(it := found.get(JobAssigned), JobAssigned)
        }

    @cached_property
    def owner_of(self) -> dict[str, Attempt]:
        """The last claim on each job is the one that stands."""
        owns = [(own.content, (own.story_id, own.attempt)) for own in self.owns if isinstance(own.content, Own)]
        return {own.job_id: attempt for own, attempt in sorted(owns, key=lambda it: it[0].claim)}

    @cached_property
    def jobs(self) -> list[VirtualJob]:
        """Those that this target sent."""
        return [job for job in self.stage.service.jobs if job.key is not None]

    @cached_property
    def entries(self) -> dict[str, LedgerEntry]:
        found: defaultdict[str, list[Record]] = defaultdict(list)
        for record in self.records:
            found[record.story_id].append(record)
        return {story_id: entry_of(story_id, found[story_id]) for story_id in self.stories}

    def approvals(self, story_id: str) -> int:
        """Charges that a person, or a policy that a person chose, allowed the story on top of its one."""
        is_by_policy = self.stage.world.scenario.policy is not DoubtPolicy.HOLD
        words = [
            it for (story, _), found in self.by_attempt.items() if story == story_id and (it := found.get(Operator))
        ]
        return sum(
            isinstance(word, Operator)
            and word.decision is Decision.RESUBMIT
            and (is_by_policy or word.decided_by == PERSON)
            for word in words
        )


def violations(stage: Stage) -> list[Violation]:
    """Every invariant that does not hold at the end of a seed."""
    evidence = Evidence(stage)
    return [violation for check in _CHECKS for violation in check(evidence)]


def s1_no_story_is_charged_twice(evidence: Evidence) -> Iterator[Violation]:
    """At most one charge a story, and one more for each approval; a failure that the service took back is its own."""
    charges = Counter(
        evidence.attempt_of_key[job.key][0]
        for job in evidence.jobs
        if job.charged_eur and not job.went_back_on_failure and job.key in evidence.attempt_of_key
    )
    for story_id, count in charges.items():
        if count > 1 + evidence.approvals(story_id):
            yield Violation("S1", f"story {story_id} is charged {count} times")


def s2_every_post_has_its_own_intent(evidence: Evidence) -> Iterator[Violation]:
    created_at = evidence.stage.bucket.created_at
    for post in evidence.stage.service.posts:
        attempt = evidence.attempt_of_key.get(post.key or "")
        if attempt is None or created_at[record_key(*attempt, Kind.INTENT)] > post.at:
            yield Violation("S2", f"{post.sender} sent {post.key} without a durable intent")
    if not evidence.stage.world.scenario.trusts_keys:
        for key, count in Counter(post.key for post in evidence.stage.service.posts).items():
            if count > 1:
                yield Violation("S2", f"{key} was sent {count} times")


def s3_no_job_is_forgotten(evidence: Evidence) -> Iterator[Violation]:
    """A job without owner has an intent of its storyboard that waits for it, each intent counted for one job."""
    waiting = Counter(
        intent.body_sha256
        for attempt, intent in evidence.intents.items()
        if not evidence.by_attempt[attempt].keys() & {Void, Rejected, JobAssigned}
    )
    orphans = Counter(job.story.storyboard_sha256 for job in evidence.jobs if job.job_id not in evidence.owner_of)
    for body, count in orphans.items():
        if count > waiting[body]:
            yield Violation("S3", f"{count} jobs of storyboard {body[:8]} have no owner, {waiting[body]} attempts wait")


def s4_a_job_has_one_owner(evidence: Evidence) -> Iterator[Violation]:
    for job_id, count in Counter(evidence.job_of.values()).items():
        if count > 1:
            yield Violation("S4", f"{job_id} was given to {count} attempts")
    for attempt, job_id in evidence.job_of.items():
        job = evidence.stage.service.job_of(job_id)
        if evidence.owner_of.get(job_id) != attempt:
            yield Violation("S4", f"{attempt} has {job_id}, whose owner is {evidence.owner_of.get(job_id)}")
        if job is None or job.key is None:
            yield Violation("S4", f"{attempt} has {job_id}, which this target never sent")
        elif job.story.storyboard_sha256 != evidence.intents[attempt].body_sha256:
            yield Violation("S4", f"{attempt} has {job_id}, which is of another storyboard")


def s5_what_is_void_never_ran(evidence: Evidence) -> Iterator[Violation]:
    for job in evidence.jobs:
        attempt = evidence.attempt_of_key.get(job.key or "")
        if attempt is not None and (said := evidence.by_attempt[attempt].keys() & {Void, Rejected}):
            yield Violation("S5", f"{attempt} is {said.pop().__name__}, and is {job.job_id}")


def s6_each_attempt_was_allowed(evidence: Evidence) -> Iterator[Violation]:
    for story_id, attempt in evidence.intents:
        if attempt == 1:
            continue
        before = evidence.by_attempt[story_id, attempt - 1]
        word = before.get(Operator)
        is_resubmitted = isinstance(word, Operator) and word.decision is Decision.RESUBMIT
        if not (Void in before or Failed in before or is_resubmitted):
            yield Violation("S6", f"attempt {attempt} of {story_id} was opened without permission")


def m2_m5_each_story_is_committed_once_and_at_its_cost(evidence: Evidence) -> Iterator[Violation]:
    """For stories whose job completed: the cost that is committed is what the service charged for the job."""
    for committed in evidence.committed:
        job = evidence.stage.service.job_of(committed.job_id) if committed.job_id else None
        if job is not None and committed.cost_eur not in (None, job.charged_eur):
            yield Violation("M5", f"{committed.story_id} is committed at {committed.cost_eur} EUR: {job.charged_eur}")
        owner = evidence.owner_of.get(committed.job_id or "", (committed.story_id, 0))
        if owner[0] != committed.story_id:
            yield Violation("M5", f"{committed.story_id} is committed with {committed.job_id}, which is {owner[0]}'s")
    for story_id, count in Counter(it.story_id for it in evidence.committed).items():
        if count > 1:
            yield Violation("M2", f"{story_id} is committed {count} times")


def l1_every_story_comes_to_an_end(evidence: Evidence) -> Iterator[Violation]:
    """After faults stopped: final, or held because of a send of its storyboard that became unclear."""
    yield from (Violation("L1", message) for message in evidence.stage.left_open)
    committed = {it.story_id for it in evidence.committed}
    open_entries = {story_id: entry for story_id, entry in evidence.entries.items() if story_id not in committed}
    for story_id, entry in open_entries.items():
        if entry.state not in (*HELD, SubmitState.ABANDONED, SubmitState.EXHAUSTED):
            yield Violation("L1", f"{story_id} is {entry.state}, {entry.reason}, and not committed after calm runs")
    held = Counter(evidence.stories[it].storyboard_sha256 for it in open_entries if open_entries[it].state in HELD)
    unclear = _unclear_sends(evidence)
    for body, count in held.items():
        if count > unclear[body]:
            yield Violation("L1", f"{count} stories of {body[:8]} are held, {unclear[body]} sends became unclear")


def _unclear_sends(evidence: Evidence) -> Counter[str]:
    """By storyboard, for twins may be given each other's jobs; a job that the service forgot counts too."""
    world = evidence.stage.world
    unclear: Counter[str] = Counter()
    for story_id, count in world.doubtful.items():
        unclear[evidence.stories[story_id].storyboard_sha256] += count
    for key, count in world.doubtful_keys.items():
        if key in evidence.attempt_of_key:
            unclear[evidence.intents[evidence.attempt_of_key[key]].body_sha256] += count
    for attempt, job_id in evidence.job_of.items():
        if not evidence.stage.service.is_known(job_id):
            unclear[evidence.intents[attempt].body_sha256] += 1
    return unclear


def b1_no_cap_is_passed(evidence: Evidence) -> Iterator[Violation]:
    """Whenever a process sends: what of its own jobs has not failed by then may all be charged."""
    for name, cap_eur in evidence.stage.caps_eur.items():
        sent = [job for job in evidence.jobs if job.sender == name]
        for last in sent:
            alive = [job for job in sent if job.created_at <= last.created_at and not _has_failed_by(job, last)]
            if len(alive) * COST_EUR > cap_eur:
                yield Violation("B1", f"{name} has {len(alive)} jobs with {last.job_id}: {cap_eur} EUR were allowed")


def _has_failed_by(job: VirtualJob, other: VirtualJob) -> bool:
    return job.failed_at is not None and job.failed_at <= other.created_at


_CHECKS = (
    s1_no_story_is_charged_twice,
    s2_every_post_has_its_own_intent,
    s3_no_job_is_forgotten,
    s4_a_job_has_one_owner,
    s5_what_is_void_never_ran,
    s6_each_attempt_was_allowed,
    m2_m5_each_story_is_committed_once_and_at_its_cost,
    l1_every_story_comes_to_an_end,
    b1_no_cap_is_passed,
)
