"""A submit that is sent twice under one `Idempotency-Key`, in each of the studio's three modes."""

import pytest

from stories.api.wire import ErrorBody, JobListing
from studio.settings import IdempotencyMode
from tests.doubles.open_studio import Gate, OpensStudio, OpenStudio, story

SUBMIT = "/v1/generate/story"
KEY = {"Idempotency-Key": "intent-1"}


async def jobs_of(studio: OpenStudio) -> list[str]:
    listing = JobListing.model_validate((await studio.client.get("/v1/jobs")).json())
    return [job.job_id for job in listing.generations]


@pytest.mark.parametrize(
    ("mode", "status", "jobs"),
    [(IdempotencyMode.OFF, 202, 2), (IdempotencyMode.REPLAY, 202, 1), (IdempotencyMode.REJECT, 409, 1)],
)
async def test_the_same_key_and_body_once_more(
    open_studio: OpensStudio, mode: IdempotencyMode, status: int, jobs: int
) -> None:
    async with open_studio(sleep=Gate().sleep, seconds_per_scene=1, idempotency=mode) as studio:
        first = await studio.client.post(SUBMIT, json=story("one"), headers=KEY)
        second = await studio.client.post(SUBMIT, json=story("one"), headers=KEY)
        listed = await jobs_of(studio)
    assert (first.status_code, second.status_code, len(listed)) == (202, status, jobs)
    if mode is IdempotencyMode.REPLAY:
        assert second.json() == first.json()
        assert second.headers["location"] == first.headers["location"]
    if mode is IdempotencyMode.REJECT:
        assert ErrorBody.model_validate(second.json()).error == "conflict"


@pytest.mark.parametrize("mode", [IdempotencyMode.REPLAY, IdempotencyMode.REJECT])
async def test_the_same_key_with_another_body_is_refused(open_studio: OpensStudio, mode: IdempotencyMode) -> None:
    async with open_studio(sleep=Gate().sleep, seconds_per_scene=1, idempotency=mode) as studio:
        await studio.client.post(SUBMIT, json=story("one"), headers=KEY)
        answer = await studio.client.post(SUBMIT, json=story("two"), headers=KEY)
        assert len(await jobs_of(studio)) == 1
    assert answer.status_code == 422
    assert list(answer.json()["details"]) == ["Idempotency-Key"]


async def test_a_key_means_nothing_to_another_account_and_after_its_window(open_studio: OpensStudio) -> None:
    async with open_studio(
        sleep=Gate().sleep, seconds_per_scene=1, idempotency="reject", idempotency_seconds=60
    ) as studio:
        answers = [
            await studio.client.post(SUBMIT, json=story("one"), headers=KEY),
            await studio.other_client.post(SUBMIT, json=story("two"), headers=KEY),
            await studio.client.post(SUBMIT, json=story("one")),
        ]
        studio.clock.seconds += 61
        answers.append(await studio.client.post(SUBMIT, json=story("three"), headers=KEY))
    assert [answer.status_code for answer in answers] == [202] * 4


async def test_a_repeated_story_is_not_asked_for_its_price_again(open_studio: OpensStudio) -> None:
    async with open_studio(sleep=Gate().sleep, seconds_per_scene=1, idempotency="replay", balance_eur="0.10") as studio:
        first = await studio.client.post(SUBMIT, json=story("one"), headers=KEY)
        second = await studio.client.post(SUBMIT, json=story("one"), headers=KEY)
    assert (first.status_code, second.status_code) == (202, 202)
