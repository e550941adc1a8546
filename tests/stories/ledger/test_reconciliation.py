"""Which jobs are given to which attempts in doubt, and which never are."""

import json
from dataclasses import replace

import pytest

from stories.config import DoubtPolicy
from stories.errors import AuthenticationFailed, StorageUnavailable
from stories.ledger.events import Decision, Operator
from stories.ledger.open_doubts import DoubtReason
from stories.ledger.operators import settle
from stories.ledger.reconciliation import Adoption, Reconciliation
from stories.ledger.records import own_key
from stories.ledger.recovery import Recovery
from stories.ledger.send import StorySender
from stories.ledger.states import SubmitState
from stories.storage.store import Store
from stories.storyboards.story import Story, identify
from stories.strict_json import JsonObject, canonical_json, sha256_hex
from tests.doubles.ledger_processes import (
    BASELINE,
    LOST_REPLY,
    PRICE_EUR,
    NewProcess,
    Process,
    a_report,
    a_story,
    accepted,
)
from tests.doubles.scripted_account import ScriptedAccount, reconciled, why
from tests.doubles.scripted_server import raw_answer

STORY, TWIN, OTHER = a_story(), a_story(sample=1), a_story("A whale")
STYLED = identify(
    {"scenes": [{"prompt": "A lighthouse cat"}], "title": "Cats", "style": "ink"}, sample=0, source_uris=()
)
State = SubmitState


async def in_doubt(process: Process, *stories: Story) -> None:
    for story in stories or (STORY,):
        assert (await process.submit(story, process.sender(LOST_REPLY))).entry.state is State.IN_DOUBT


async def test_without_a_doubt_the_service_is_not_asked(process: Process, service: ScriptedAccount) -> None:
    await process.submit(STORY, process.sender(accepted()))
    found = await reconciled(process, service)
    assert found == Reconciliation(Recovery(), await process.ledger.survey())
    assert service.listings == 0


async def test_a_lost_reply_is_adopted_by_its_prompts(process: Process, service: ScriptedAccount) -> None:
    await in_doubt(process)
    service.runs("job-9", OTHER)
    service.runs("job-1")
    found = await reconciled(process, service)
    assert found.adopted == (Adoption(STORY.story_id, 1, "job-1"),)
    assert (found.open_doubts, found.story_states[STORY.story_id].state) == ((), State.ACCEPTED)
    entry = await process.ledger.entry(STORY.story_id)
    assert (entry.job_id, entry.poll_path, entry.next_attempt) == ("job-1", "/v1/generate/story/job-1", None)
    events = list(process.events)
    assert (await reconciled(process, service)).adopted == ()
    assert (process.events, service.listings) == (events, 1)


async def test_the_jobs_of_the_baseline_and_older_ones_are_not_even_looked_at(
    process: Process, service: ScriptedAccount
) -> None:
    await in_doubt(process)
    service.runs("job-before", minutes=-1.95 / 60)
    service.runs("job-old", minutes=-3 / 60)
    service.runs("job-1", minutes=-1.9 / 60)
    found = await reconciled(process, service)
    assert [adoption.job_id for adoption in found.adopted] == ["job-1"]
    assert service.asked == ["job-1"]


async def test_an_owned_job_is_not_looked_at(process: Process, service: ScriptedAccount) -> None:
    await process.submit(OTHER, process.sender(accepted("job-1")))
    await in_doubt(process)
    service.runs("job-1")
    assert (await reconciled(process, service)).adopted == ()
    assert service.asked == []


@pytest.mark.parametrize("minutes", [[1, 2, 3], [3, 2, 1]])
async def test_twins_are_given_the_oldest_jobs_first_and_no_more_than_there_are(
    process: Process, service: ScriptedAccount, minutes: list[int]
) -> None:
    """k doubts and m jobs: min(k, m) are adopted, whatever the listing's order, and no further job is asked for."""
    await in_doubt(process, STORY, TWIN)
    for number in minutes:
        service.runs(f"job-{number}", minutes=number)
    found = await reconciled(process, service)
    assert [adoption.job_id for adoption in found.adopted] == ["job-1", "job-2"]
    assert {adoption.story_id for adoption in found.adopted} == {STORY.story_id, TWIN.story_id}
    assert service.asked == ["job-1", "job-2"]


async def test_with_one_job_for_two_twins_one_stays_in_doubt(process: Process, service: ScriptedAccount) -> None:
    await in_doubt(process, STORY, TWIN)
    service.runs("job-1")
    found = await reconciled(process, service)
    assert len(found.adopted) == len(found.open_doubts) == 1
    assert {found.adopted[0].story_id, found.open_doubts[0].story_id} == {STORY.story_id, TWIN.story_id}
    service.runs("job-2")
    assert (await reconciled(process, service)).adopted == (Adoption(found.open_doubts[0].story_id, 1, "job-2"),)


def spoiled(cap: int) -> dict[str, object]:
    def doubled(listed: list[JsonObject]) -> object:
        return [*listed, *reversed(listed)][: cap * 2]

    return {"truncated": lambda listed: listed[:cap], "doubled": doubled, "reordered": lambda listed: listed[::-1]}


@pytest.mark.parametrize("spoil", ["doubled", "reordered"])
async def test_a_job_is_adopted_once_and_asked_for_once_however_it_is_listed(
    process: Process, service: ScriptedAccount, spoil: str
) -> None:
    await in_doubt(process, STORY, TWIN)
    service.runs("job-1")
    service.runs("job-0", OTHER, minutes=0.5)
    service.spoil = spoiled(9)[spoil]  # type: ignore[assignment]  # a table of functions
    found = await reconciled(process, service)
    assert (len(found.adopted), service.asked) == (1, ["job-0", "job-1"])


async def test_what_a_short_listing_leaves_out_stays_in_doubt(process: Process, service: ScriptedAccount) -> None:
    await in_doubt(process)
    service.runs("job-1")
    service.runs("job-2", OTHER, minutes=2)
    service.spoil = spoiled(1)["truncated"]  # type: ignore[assignment]  # a table of functions
    assert why(await reconciled(process, service)) == [DoubtReason.SETTLING]
    service.minutes = 40
    assert why(await reconciled(process, service)) == [DoubtReason.NOT_COVERED]
    service.spoil = lambda listed: listed
    assert len((await reconciled(process, service)).adopted) == 1


async def test_a_running_job_is_waited_for(process: Process, service: ScriptedAccount) -> None:
    await in_doubt(process)
    service.runs("job-1", status="processing", result=None)
    found = await reconciled(process, service, doubt_policy=DoubtPolicy.RESUBMIT_IF_ABSENT_PROVEN)
    assert (why(found), found.resubmitted) == ([DoubtReason.RUNNING], ())
    assert found.open_doubts[0].message == "candidate job job-1 is still running; the next reconcile checks it again"
    service.minutes = 40
    service.runs("job-old", OTHER, minutes=-5)
    assert why(await reconciled(process, service, doubt_policy=DoubtPolicy.RESUBMIT_IF_ABSENT_PROVEN)) == [
        DoubtReason.RUNNING
    ]
    service.becomes("job-1", status="completed", result={"scenes": [{"prompt": "A lighthouse cat"}], "title": "Cats"})
    assert len((await reconciled(process, service)).adopted) == 1


async def test_a_running_job_of_another_number_of_scenes_is_none_of_ours(
    process: Process, service: ScriptedAccount
) -> None:
    await in_doubt(process)
    service.runs("job-1", status="processing", scenes_total=2)
    assert why(await reconciled(process, service)) == [DoubtReason.SETTLING]


@pytest.mark.parametrize("scenes_total", [1, None, 0, -1])
async def test_a_failed_job_may_explain_a_doubt_and_never_settles_it(
    process: Process, service: ScriptedAccount, scenes_total: int | None
) -> None:
    await in_doubt(process)
    service.runs("job-1", status="failed", scenes_total=scenes_total, result=None)
    service.runs("job-old", OTHER, minutes=-5)
    for service.minutes in (10, 40):
        found = await reconciled(process, service, doubt_policy=DoubtPolicy.RESUBMIT_IF_ABSENT_PROVEN)
        assert (why(found), found.adopted, found.resubmitted) == ([DoubtReason.FAILED], (), ())


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ({"result": {"scenes": [{"prompt": "A lighthouse cat"}]}}, None),
        ({"result": {"scenes": [{"prompt": "A lighthouse cat"}], "title": "Cats"}, "scenes_total": None}, None),
        ({"result": {"scenes": [{"prompt": "A lighthouse cat"}], "title": "Dogs"}}, DoubtReason.UNREADABLE),
        ({"result": {"scenes": [{"image_url": "https://x.test/1.png"}], "title": "Cats"}}, DoubtReason.UNREADABLE),
        ({"result": {"scenes": [], "title": "Cats"}}, DoubtReason.UNREADABLE),
        ({"result": None}, DoubtReason.UNREADABLE),
        ({"result": {"scenes": [{"prompt": "\ud800"}], "title": "Cats"}}, DoubtReason.UNREADABLE),
        ({"result": {"scenes": [{"prompt": "A lighthouse"}]}, "scenes_total": None}, DoubtReason.UNREADABLE),
        ({"result": {"scenes": [{"prompt": "A lighthouse"}]}}, DoubtReason.SETTLING),
    ],
)
async def test_an_answer_that_cannot_be_compared_is_neither_taken_nor_ruled_out(
    process: Process, service: ScriptedAccount, shown: dict[str, object], expected: DoubtReason | None
) -> None:
    """Without a title it is the prompts that count; with another title the service may have changed it."""
    await in_doubt(process)
    service.runs("job-1", **shown)
    found = await reconciled(process, service)
    assert why(found) == ([] if expected is None else [expected])
    assert len(found.adopted) == (expected is None)


async def test_prompts_are_compared_in_nfc_and_in_order(process: Process, service: ScriptedAccount) -> None:
    story = identify({"scenes": [{"prompt": "Zoë\u0308"}, {"prompt": "b"}]}, sample=0, source_uris=())
    await in_doubt(process, story)
    scenes = [{"prompt": "Zoe\u0308\u0308"}, {"prompt": "b"}]
    service.runs("job-1", scenes_total=2, result={"scenes": scenes[::-1], "title": "made up"})
    service.runs("job-2", scenes_total=2, result={"scenes": scenes, "title": "made up"})
    assert [adoption.job_id for adoption in (await reconciled(process, service)).adopted] == ["job-2"]


async def test_stories_that_only_look_alike_are_never_guessed_at(process: Process, service: ScriptedAccount) -> None:
    """The answer shows prompts and title: whether it was drawn in the one style or the other it does not show."""
    await in_doubt(process, STORY, STYLED)
    service.runs("job-1")
    service.runs("job-2")
    found = await reconciled(process, service, may_adopt=True)
    assert (why(found), found.adopted) == ([DoubtReason.AMBIGUOUS, DoubtReason.AMBIGUOUS], ())


async def test_the_job_of_a_look_alike_that_nobody_waits_for_any_more_is_not_taken(
    process: Process, service: ScriptedAccount
) -> None:
    """A person gave the other story up, and its job runs all the same."""
    await in_doubt(process, STORY, STYLED)
    await settle(process.ledger, STYLED.story_id, Decision.ABANDON, decided_by="ann", reason="not wanted")
    service.runs("job-1", STYLED)
    found = await reconciled(process, service)
    assert (why(found), found.adopted) == ([DoubtReason.AMBIGUOUS], ())


async def test_a_job_that_may_be_another_programs_is_adopted_with_consent_alone(
    process: Process, service: ScriptedAccount
) -> None:
    await in_doubt(process)
    service.runs("job-1")
    service.minutes = 40
    found = await reconciled(
        process, service, account_exclusive=False, doubt_policy=DoubtPolicy.RESUBMIT_IF_ABSENT_PROVEN
    )
    assert (why(found), found.adopted, found.resubmitted) == ([DoubtReason.CONSENT_NEEDED], (), ())
    found = await reconciled(process, service, account_exclusive=False, may_adopt=True)
    assert len(found.adopted) == 1


@pytest.mark.parametrize("created_at", [None, "2026-01-02T12:05:00", "yesterday", 5])
async def test_a_job_without_a_time_needs_consent(
    process: Process, service: ScriptedAccount, created_at: object
) -> None:
    await in_doubt(process)
    service.runs("job-1")
    service.spoil = lambda listed: [{**job, "created_at": created_at} for job in listed]
    assert why(await reconciled(process, service)) == [DoubtReason.CONSENT_NEEDED]
    assert len((await reconciled(process, service, may_adopt=True)).adopted) == 1


async def test_an_attempt_without_the_services_time_needs_consent(process: Process, service: ScriptedAccount) -> None:
    sender = StorySender(process.ledger, process.sender(LOST_REPLY), baseline=replace(BASELINE, server_date=None))
    await sender.submit(STORY, price_eur=PRICE_EUR)
    service.runs("job-1", minutes=-500)
    assert why(await reconciled(process, service)) == [DoubtReason.CONSENT_NEEDED]
    assert len((await reconciled(process, service, may_adopt=True)).adopted) == 1


async def test_a_job_that_the_service_named_needs_no_listing_and_no_consent(
    process: Process, service: ScriptedAccount
) -> None:
    await process.submit(STORY, process.sender(a_report(303, job_id="job-1")))
    service.runs("job-1")
    service.spoil = lambda listed: []
    found = await reconciled(process, service, account_exclusive=False)
    assert found.adopted == (Adoption(STORY.story_id, 1, "job-1"),)


async def test_the_own_clock_decides_nothing(new_process: NewProcess, service: ScriptedAccount) -> None:
    process = new_process()
    await in_doubt(process)
    service.runs("job-1")
    process.ledger._clock.advance(-86_400 * 400)  # type: ignore[attr-defined]  # the clock of the tests
    assert len((await reconciled(process, service)).adopted) == 1


async def test_a_story_that_was_resubmitted_still_gets_its_first_job_before_it_is_sent(
    process: Process, service: ScriptedAccount
) -> None:
    await in_doubt(process)
    ledger = process.ledger
    assert await ledger.file(ledger.record(STORY.story_id, 1, Operator(Decision.RESUBMIT, "ann", "not listed")))
    assert (await ledger.survey())[STORY.story_id].next_attempt == 2
    service.runs("job-1")
    found = await reconciled(process, service)
    assert (found.adopted, found.story_states[STORY.story_id].next_attempt) == (
        (Adoption(STORY.story_id, 1, "job-1"),),
        None,
    )


async def test_an_abandoned_story_is_not_looked_for(process: Process, service: ScriptedAccount) -> None:
    await in_doubt(process)
    ledger = process.ledger
    assert await ledger.file(ledger.record(STORY.story_id, 1, Operator(Decision.ABANDON, "ann", "not wanted")))
    await reconciled(process, service)
    assert service.listings == 0


async def test_a_listing_that_is_none_leaves_every_doubt(process: Process, service: ScriptedAccount) -> None:
    await in_doubt(process, STORY, TWIN)
    service.spoil = lambda listed: raw_answer(200, {"generations": "none"})
    found = await reconciled(process, service, doubt_policy=DoubtPolicy.RESUBMIT_IF_ABSENT_PROVEN)
    assert why(found) == [DoubtReason.NO_LISTING, DoubtReason.NO_LISTING]
    assert "cannot be read" in found.notes[0]


async def test_a_wrong_key_is_told_and_nothing_is_changed(process: Process, service: ScriptedAccount) -> None:
    await in_doubt(process)
    wrong_key = raw_answer(401, {"error": "authentication_error", "message": "wrong key"})
    service.spoil, before = lambda listed: wrong_key, list(process.events)
    with pytest.raises(AuthenticationFailed):
        await reconciled(process, service)
    assert process.events == before


async def test_a_service_that_stops_answering_is_not_asked_on(process: Process, service: ScriptedAccount) -> None:
    await in_doubt(process, STORY, TWIN)
    for number in range(5):
        service.runs(f"job-{number}", minutes=number)
    down = raw_answer(503, {"error": "internal", "message": "down"})
    service.before_answer = lambda job_id: down if job_id == "job-1" else None
    found = await reconciled(process, service)
    assert service.asked == ["job-0", "job-1"]
    assert (len(found.adopted), why(found)) == (1, [DoubtReason.UNREADABLE])
    assert "the service stopped answering: down" in found.notes


async def test_there_is_an_end_to_what_is_asked(process: Process, service: ScriptedAccount) -> None:
    await in_doubt(process)
    for number in range(250):
        service.runs(f"job-{number:03}", OTHER, minutes=number)
    found = await reconciled(process, service)
    assert len(service.asked) == 200
    assert (why(found), len(found.notes)) == ([DoubtReason.UNREADABLE], 1)


async def test_a_job_that_is_listed_and_gone_is_not_ruled_out(process: Process, service: ScriptedAccount) -> None:
    await in_doubt(process)
    service.spoil = lambda listed: [{"job_id": "job-1", "created_at": "2026-01-02T12:05:00Z"}]
    assert why(await reconciled(process, service)) == [DoubtReason.UNREADABLE]


async def test_a_job_with_a_damaged_owner_is_not_taken(
    process: Process, service: ScriptedAccount, store: Store
) -> None:
    await in_doubt(process)
    service.runs("job-1")
    await store.create(own_key("job-1"), b"nonsense")
    found = await reconciled(process, service)
    assert (found.adopted, why(found)) == ((), [DoubtReason.UNREADABLE])
    assert own_key("job-1") in found.notes[0]


async def test_a_target_that_fails_in_between_is_taken_up_by_the_next_reconcile(
    process: Process, service: ScriptedAccount
) -> None:
    await in_doubt(process)
    service.runs("job-1")
    process.store.trouble = lambda key: StorageUnavailable("503") if key.endswith(".job") else None
    with pytest.raises(StorageUnavailable):
        await reconciled(process, service)
    process.store.trouble = lambda key: None
    found = await reconciled(process, service)
    assert (found.finished, found.adopted) == (1, ())
    assert found.story_states[STORY.story_id].state is State.ACCEPTED


async def test_an_intent_of_an_older_program_is_read_and_rules_out_less(
    process: Process, service: ScriptedAccount, store: Store
) -> None:
    """It has no fingerprint of the prompts alone, so that a job without a title may be its."""
    await in_doubt(process)
    key = f"_meta/ledger/items/{STORY.story_id}/1.intent"
    document = json.loads(await store.read(key) or b"")
    del document["content"]["untitled_fingerprint"], document["checksum"]
    await store.publish(key, canonical_json({**document, "checksum": sha256_hex(canonical_json(document))}))
    service.runs("job-1", result={"scenes": [{"prompt": "A whale"}]})
    assert why(await reconciled(process, service)) == [DoubtReason.UNREADABLE]
    service.runs("job-2", minutes=2)
    assert [adoption.job_id for adoption in (await reconciled(process, service)).adopted] == ["job-2"]
