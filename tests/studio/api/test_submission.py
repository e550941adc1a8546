import json
from importlib.metadata import version

import pytest

from stories.api.wire import (
    MAX_STORYBOARD_BYTES,
    AcceptedJob,
    ErrorBody,
    ErrorCode,
    JobStatus,
    Profile,
    job_id_from_path,
)
from stories.strict_json import sha256_hex
from tests.doubles.open_studio import AT_SEA, Gate, OpensStudio, polled, story, submitted
from tests.doubles.running_studio import KEY

SUBMIT = "/v1/generate/story"


async def test_a_storyboard_is_accepted_with_its_id_in_body_and_headers(open_studio: OpensStudio) -> None:
    async with open_studio(sleep=Gate().sleep, seconds_per_scene=1) as studio:
        answer = await studio.client.post(SUBMIT, json=AT_SEA)
    accepted = AcceptedJob.model_validate(answer.json())
    assert answer.status_code == 202
    assert answer.json()["status"] == "pending"
    assert accepted.poll_url == answer.headers["location"]
    assert job_id_from_path(answer.headers["location"]) == accepted.job_id == answer.headers["x-depicta-job-id"]
    assert answer.headers["x-depicta-studio"] == version("depicta-stories")


@pytest.mark.parametrize(
    ("storyboard", "field"),
    [
        ({}, "scenes"),
        ({"scenes": []}, "scenes"),
        ({"scenes": "one"}, "scenes"),
        ({"scenes": [{"prompt": "a"}, {"text": "b"}]}, "scenes.1.prompt"),
        ({"scenes": [{"prompt": 7}]}, "scenes.0.prompt"),
        ({"scenes": [{"prompt": " \n"}]}, "scenes.0.prompt"),
        ({"scenes": [{"prompt": "a" * 5001}]}, "scenes.0.prompt"),
        ({"scenes": [{"prompt": "a"}] * 51}, "scenes"),
        ({"scenes": [{"prompt": "a", "characters": [3]}]}, "scenes.0.characters.0"),
        ({"scenes": [{"prompt": "a"}], "title": 3}, "title"),
        ({"scenes": [{"prompt": "a"}], "title": "t" * 201}, "title"),
        ({"scenes": [{"prompt": "a"}], "characters": [{"name": ""}]}, "characters.0.name"),
        ({"scenes": [{"prompt": "a"}], "characters": [{"description": "tall"}]}, "characters.0.name"),
        (
            {"scenes": [{"prompt": "a"}], "locations": [{"name": "l", "description": "d" * 5001}]},
            "locations.0.description",
        ),
        ({"scenes": [{"prompt": "a"}], "locations": [{"name": "l"}] * 21}, "locations"),
    ],
)
async def test_a_storyboard_that_is_not_valid_is_refused_with_a_reason_for_the_field(
    open_studio: OpensStudio, storyboard: object, field: str
) -> None:
    async with open_studio() as studio:
        answer = await studio.client.post(SUBMIT, json=storyboard)
        listing = (await studio.client.get("/v1/jobs")).json()
    error = ErrorBody.model_validate(answer.json())
    assert answer.status_code == 422
    assert error.error == ErrorCode.VALIDATION
    assert error.details is not None
    assert list(error.details) == [field]
    assert listing == {"generations": []}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b'{"scenes": [{"prompt": "\xff"}]}',
        b"[]",
        b'{"scenes": [], "scenes": []}',
        b'{"scenes": [{"prompt": "a"}], "deep": ' + b"[" * 100 + b"]" * 100 + b"}",
        b'{"scenes": [{"prompt": "\\ud800"}]}',
        b'{"scenes": [{"prompt": "a"}], "padding": "' + b"x" * MAX_STORYBOARD_BYTES + b'"}',
    ],
)
async def test_a_body_that_is_no_storyboard_is_refused_with_the_reason(open_studio: OpensStudio, body: bytes) -> None:
    async with open_studio() as studio:
        answer = await studio.client.post(SUBMIT, content=body)
    error = ErrorBody.model_validate(answer.json())
    assert answer.status_code == 422
    assert error.details


async def test_content_against_the_policy_is_refused_before_it_costs_anything(open_studio: OpensStudio) -> None:
    async with open_studio() as studio:
        answer = await studio.client.post(SUBMIT, json=story("fine", "[[reject]] this"))
        profile = Profile.model_validate((await studio.client.get("/v1/account/profile")).json())
    assert answer.status_code == 451
    assert answer.json()["error"] == ErrorCode.CONTENT
    assert list(answer.json()["details"]) == ["scenes.1.prompt"]
    assert profile.user.held_eur == 0


async def test_money_that_is_held_for_a_running_job_cannot_be_spent_again(open_studio: OpensStudio) -> None:
    async with open_studio(balance_eur="0.25", sleep=Gate().sleep, seconds_per_scene=1) as studio:
        await submitted(studio.client, story("one", "two"))
        answer = await studio.client.post(SUBMIT, json=story("three"))
        profile = Profile.model_validate((await studio.client.get("/v1/account/profile")).json())
        other = await studio.other_client.post(SUBMIT, json=story("another account's"))
    assert answer.status_code == 402
    assert answer.json()["error"] == ErrorCode.CREDITS
    assert answer.json()["balance_eur"] == "0.25"
    assert (str(profile.user.balance_eur), str(profile.user.held_eur)) == ("0.25", "0.20")
    assert other.status_code == 202


async def test_a_full_queue_asks_for_patience(open_studio: OpensStudio) -> None:
    async with open_studio(sleep=Gate().sleep, seconds_per_scene=1, queue=1) as studio:
        drawn = await submitted(studio.client, story("takes the only slot"))
        await polled(studio.client, drawn, lambda answer: answer.status is JobStatus.PROCESSING)
        await submitted(studio.client, story("waits"))
        answer = await studio.client.post(SUBMIT, json=story("one too many"))
    assert answer.status_code == 429
    assert answer.json()["error"] == ErrorCode.RATE_LIMITED
    assert int(answer.headers["retry-after"]) > 0


async def test_an_idempotency_key_is_logged_and_otherwise_ignored(open_studio: OpensStudio) -> None:
    body = json.dumps(story("the same story")).encode()
    async with open_studio(sleep=Gate().sleep, seconds_per_scene=1) as studio:
        answers = [
            await studio.client.post(SUBMIT, content=body, headers={"Idempotency-Key": "intent-1"}) for _ in range(2)
        ]
        log = studio.post_log()
    assert len({answer.json()["job_id"] for answer in answers}) == 2
    assert [(entry["idempotency_key"], entry["job_id"]) for entry in log] == [
        ("intent-1", answer.json()["job_id"]) for answer in answers
    ]
    assert {entry["body_sha256"] for entry in log} == {sha256_hex(body)}


async def test_every_post_is_logged_whatever_its_answer_and_without_its_key(open_studio: OpensStudio) -> None:
    async with open_studio(sleep=Gate().sleep, seconds_per_scene=1) as studio:
        await studio.client.post(SUBMIT + "?token=secret", json=story("fine"))
        await studio.client.post(SUBMIT, json={})
        await studio.client.post(SUBMIT, json=story("fine"), headers={"Authorization": "Bearer dpct_dev_wrong"})
        await studio.client.get("/v1/jobs")
        log, text = studio.post_log(), studio.service.directory.requests.read_text()
    assert [(entry["path"], entry["status"]) for entry in log] == [(SUBMIT, 202), (SUBMIT, 422), (SUBMIT, 401)]
    assert log[0]["key_id"] == log[1]["key_id"] == sha256_hex(KEY.encode())[:12]
    assert log[2]["key_id"] is None
    assert "secret" not in text
    assert "dpct_" not in text


@pytest.mark.parametrize("header", [None, "Bearer dpct_dev_wrong-key", f"Basic {KEY}", f"bearer{KEY}", "Bearer "])
async def test_a_request_without_a_good_key_is_refused(open_studio: OpensStudio, header: str | None) -> None:
    async with open_studio() as studio:
        del studio.client.headers["authorization"]
        headers = {} if header is None else {"Authorization": header}
        answer = await studio.client.post(SUBMIT, json=AT_SEA, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error"] == ErrorCode.AUTHENTICATION


async def test_a_name_that_is_not_this_machines_is_no_host_of_the_studio(open_studio: OpensStudio) -> None:
    async with open_studio() as studio:
        answer = await studio.client.get("/v1/jobs", headers={"Host": "rebound.example"})
    assert answer.status_code == 400


async def test_what_does_not_exist_is_answered_in_the_words_of_the_api(open_studio: OpensStudio) -> None:
    async with open_studio() as studio:
        missing = await studio.client.get("/v1/nothing")
        wrong_method = await studio.client.delete("/v1/jobs")
    assert (missing.status_code, missing.json()["error"]) == (404, ErrorCode.NOT_FOUND)
    assert (wrong_method.status_code, wrong_method.json()["error"]) == (405, ErrorCode.VALIDATION)
