"""A reply that is lost on the wire, between the real client and the real studio: adopted without a person."""

import random
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal

import pytest
from pydantic import SecretStr

from stories.api.access import ApiAccess
from stories.api.poll import PollClient
from stories.api.retries import Retries
from stories.api.submit import SubmitClient
from stories.clock import SystemClock
from stories.config import LedgerConfig
from stories.ledger.open_doubts import DoubtReason
from stories.ledger.reconciliation import Reconciliation, reconcile
from stories.ledger.send import Baseline, StorySender
from stories.ledger.states import SubmitState
from stories.storyboards.story import Story
from studio.work.accounts import charges
from tests.doubles.ledger_processes import NewProcess, Process, a_story
from tests.doubles.meddling_proxy import LostReply, Request, meddling_proxy
from tests.doubles.running_studio import RunningStudio, running_studio

STORY, TWIN, OTHER = a_story(), a_story(sample=1), a_story("A whale in the harbour")
State = SubmitState


@pytest.fixture(scope="module", params=["both", "seed", "client"])
def studio(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[RunningStudio]:
    """In each form of the API. All targets of the tests share its account: what it did before is in their baselines."""
    with running_studio(tmp_path_factory.mktemp("studio"), answers=request.param) as running:
        yield running


@pytest.fixture
async def polls(studio: RunningStudio) -> AsyncIterator[PollClient]:
    access = ApiAccess(studio.url, SecretStr(studio.key))
    async with PollClient(access, Retries(SystemClock(), random.Random(7))) as client:  # noqa: S311 - jitter
        yield client


def lose_replies_to_posts(request: Request) -> LostReply | None:
    return LostReply() if request.method == "POST" else None


async def sent(process: Process, url: str, studio: RunningStudio, polls: PollClient, *stories: Story) -> None:
    listed = await polls.jobs()
    job_ids = tuple(job.job_id for job in listed.listing.generations)
    baseline = Baseline(job_ids, listed.server_date, (await polls.profile()).available_eur)
    async with SubmitClient(ApiAccess(url, SecretStr(studio.key))) as client:
        for story in stories:
            await StorySender(process.ledger, client, baseline=baseline).submit(story, price_eur=Decimal("0.10"))


async def reconciled_until_nothing_runs(process: Process, polls: PollClient) -> list[Reconciliation]:
    """Runs reconcile one after the other, as they would; the studio draws meanwhile."""
    found = []
    for _ in range(600):
        found.append(await reconcile(process.ledger, polls, LedgerConfig()))
        if not any(open_doubt.why is DoubtReason.RUNNING for open_doubt in found[-1].open_doubts):
            return found
        await SystemClock().sleep(0.05)
    raise AssertionError(found[-1])


async def test_a_lost_reply_is_adopted_without_a_second_post_and_without_a_person(
    new_process: NewProcess, studio: RunningStudio, polls: PollClient
) -> None:
    run, later, posts = new_process(), new_process(host="host-b"), len(studio.posts())
    await sent(run, studio.url, studio, polls, OTHER)
    with meddling_proxy(studio.url, lose_replies_to_posts) as proxy:
        await sent(run, proxy, studio, polls, STORY)
    assert (await run.ledger.entry(STORY.story_id)).reason == "no_answer"
    found = await reconciled_until_nothing_runs(later, polls)
    assert [adoption.story_id for one in found for adoption in one.adopted] == [STORY.story_id]
    assert found[-1].open_doubts == ()
    entry = await later.ledger.entry(STORY.story_id)
    assert entry.state is State.ACCEPTED
    result = (await polls.job(entry.job_id or "")).answer.result
    assert result is not None
    assert [scene.prompt for scene in result.scenes if scene is not None] == ["A lighthouse cat"]
    assert len(studio.posts()) == posts + 2
    assert [charge.job_id for charge in charges(studio.directory / "studio.sqlite3")].count(entry.job_id or "") == 1


async def test_twins_whose_replies_were_both_lost_get_a_job_each(
    new_process: NewProcess, studio: RunningStudio, polls: PollClient
) -> None:
    run, one, other, posts = new_process(), new_process(), new_process(host="host-b"), len(studio.posts())
    with meddling_proxy(studio.url, lose_replies_to_posts) as proxy:
        await sent(run, proxy, studio, polls, STORY, TWIN)
    run.die()
    await reconciled_until_nothing_runs(one, polls)
    found = await reconcile(other.ledger, polls, LedgerConfig())
    assert (found.adopted, found.open_doubts) == ((), ())
    jobs = [(await other.ledger.entry(story.story_id)).job_id for story in (STORY, TWIN)]
    assert sorted(map(str, jobs)) == sorted(str(post["job_id"]) for post in studio.posts()[posts:])
