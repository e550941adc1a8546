"""Both forms of every answer are read; what is odd beside what counts reads as missing."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from pydantic import JsonValue, ValidationError

from stories.api.amounts import eur_or_none
from stories.api.wire import (
    SUBMIT_PATH,
    AcceptedJob,
    ErrorBody,
    ErrorCode,
    ImageFormat,
    JobListing,
    JobStatus,
    ModelListing,
    PollAnswer,
    Profile,
    SceneResult,
    Storyboard,
    StoryResult,
    is_job_id,
    job_id_from_path,
)
from stories.strict_json import JsonObject

URL = "https://images.depicta.ai/a?sig=canary"


@pytest.mark.parametrize("job_id", ["j", "a1b2c3d4-e5f6-7890-abcd-ef0123456789", "...", "A_.-9", "j" * 128])
def test_a_job_id_is_a_short_word(job_id: str) -> None:
    assert is_job_id(job_id)
    assert job_id_from_path(f"{SUBMIT_PATH}/{job_id}") == job_id


@pytest.mark.parametrize("value", ["", ".", "..", "a/b", "a b", "a\n", "j" * 129, "ünï", None, 7, ["j"]])
def test_nothing_else_is_a_job_id(value: object) -> None:
    assert not is_job_id(value)


@pytest.mark.parametrize(
    ("location", "job_id"),
    [
        ("https://api.depicta.ai/base/v1/generate/story/j1", "j1"),
        ("/v1/generate/story/j1/?x=/v1/generate/story/j2#y", "j1"),
        ("/v1/generate/story/", None),
        ("/v1/generate/story", None),
        ("/v1/generate/story/../..", None),
        ("/v1/generate/story/a%2Fb", None),
        ("/v1/generate/story/j1/cancel", None),
        ("/login/j1?next=/v1/generate/story/j1", None),
        ("", None),
    ],
)
def test_a_job_id_is_taken_from_a_poll_path_alone(location: str, job_id: str | None) -> None:
    assert job_id_from_path(location) == job_id


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("completed", "completed"),
        (" Completed ", "completed"),
        ("FAILED", "failed"),
        ("queued", "unknown"),
        (None, "unknown"),
        (3, "unknown"),
    ],
)
def test_a_status_is_read_in_any_case_and_an_unknown_one_is_not_the_end(word: JsonValue, status: str) -> None:
    read = PollAnswer.model_validate({"status": word}).status
    assert read == status
    assert read.is_terminal == (status in ("completed", "failed"))


def test_a_poll_answer_of_the_page_and_one_of_the_client_say_the_same() -> None:
    page = PollAnswer.model_validate(
        {
            "id": "j1",
            "status": "completed",
            "scenes_completed": 1,
            "scenes_total": 1,
            "result": {"scenes": [{"prompt": "p", "images": {"png": URL}}]},
        }
    )
    client = PollAnswer.model_validate(
        {
            "job_id": "j1",
            "status": "completed",
            "scenes_completed": 1,
            "scenes_total": 1,
            "result": {"scenes": [{"prompt": "p", "image_url": URL}]},
        }
    )
    assert page == client


@pytest.mark.parametrize(
    ("document", "images"),
    [
        ({"images": {"png": "1", "jpeg": "2", "webp": "3"}}, {"png": "1", "jpeg": "2", "webp": "3"}),
        ({"images": {"png": "1"}, "image_url": "2"}, {"png": "1"}),
        ({"images": {"webp": "1"}, "image_url": "2"}, {"webp": "1"}),
        ({"images": {"avif": "1"}, "image_url": "2"}, {"png": "2"}),
        ({"images": {"png": None, "jpeg": "2"}}, {"jpeg": "2"}),
        ({"images": None, "image_url": "2"}, {"png": "2"}),
        ({"images": ["1"], "image_url": 2}, {}),
        ({}, {}),
    ],
)
def test_a_scene_has_its_images_in_either_form(document: JsonObject, images: dict[str, str]) -> None:
    assert SceneResult.model_validate(document).images == images


def test_finished_scenes_keep_their_places_among_those_that_are_not() -> None:
    result = StoryResult.model_validate({"scenes": [None, {"image_url": URL}, "soon", {}]})
    assert [scene and bool(scene.images) for scene in result.scenes] == [None, True, None, False]


def test_results_can_be_made_from_models_too() -> None:
    scene = SceneResult(prompt="p", images={ImageFormat.WEBP: URL})
    answer = PollAnswer(status=JobStatus.COMPLETED, result=StoryResult(scenes=[scene, None]))
    assert answer.result is not None
    assert answer.result.scenes == [scene, None]


@pytest.mark.parametrize(
    "odd",
    [
        {"id": 7},
        {"scenes_total": "many", "scenes_completed": 1.5},
        {"result": []},
        {"result": None, "error": {"code": [1]}, "message": {"text": "x"}},
        {
            "result": {
                "title": 5,
                "scenes": {},
                "characters": None,
                "locations": "none",
                "cost_eur": [],
                "balance_eur": "?",
            }
        },
        {"result": {"characters": [None, "Aria", {"name": None, "reference_url": 5}, {"name": "Aria"}]}},
        {"result": {"scenes": [{"prompt": 5, "images": {"png": 5}, "image_url": None}]}},
    ],
)
def test_an_odd_field_does_not_cost_a_paid_job(odd: JsonObject) -> None:
    assert PollAnswer.model_validate({"status": "completed", **odd}).status is JobStatus.COMPLETED


def test_an_answer_without_a_status_is_none() -> None:
    with pytest.raises(ValidationError):
        PollAnswer.model_validate({"job_id": "j1"})


def test_a_validation_error_does_not_show_the_answer() -> None:
    with pytest.raises(ValidationError) as caught:
        PollAnswer.model_validate({"image_url": URL})
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        ("12.50", "12.50"),
        (" 0.1 ", "0.1"),
        (0.1, "0.1"),
        (3, "3"),
        ("1e6", "1E+6"),
        ("0.000001", "0.000001"),
        ("0.0000001", None),
        ("1000000.01", None),
        ("1e9999999", None),
        ("1e-9999999", None),
        pytest.param(10**5000, None, id="an integer without a text"),
        pytest.param("9" * 5000, None, id="many digits"),
        ("-1", None),
        ("NaN", None),
        ("Infinity", None),
        ("12,50", None),
        (True, None),
        (None, None),
        ([], None),
    ],
)
def test_an_amount_is_exact_or_none(value: JsonValue, amount: str | None) -> None:
    assert eur_or_none(value) == (None if amount is None else Decimal(amount))


def test_what_is_held_cannot_be_spent() -> None:
    assert Profile.model_validate({"user": {"balance_eur": "5", "held_eur": "1.50"}}).available_eur == Decimal("3.50")
    assert Profile.model_validate({"user": {"balance_eur": "5"}}).available_eur == Decimal(5)
    assert Profile.model_validate({"user": {"email": 5, "held_eur": "1"}}).available_eur is None


def test_recent_jobs_and_models_come_bare_or_under_their_name() -> None:
    jobs: list[JsonValue] = [{"job_id": "j1", "status": "Completed", "created_at": "2026-01-02T13:00:00+01:00"}]
    assert JobListing.model_validate(jobs) == JobListing.model_validate({"generations": jobs, "next": "?"})
    assert JobListing.model_validate(jobs).generations[0].created_at == datetime(2026, 1, 2, 12, tzinfo=UTC)
    models: list[JsonValue] = [{"id": "m1", "image_sizes": None, "approximate_cost_eur": "0.04"}]
    assert ModelListing.model_validate(models) == ModelListing.model_validate({"models": models})


@pytest.mark.parametrize("created_at", ["2026-01-02T12:00:00", "yesterday", 1767355200, None])
def test_a_time_without_an_offset_is_no_time(created_at: JsonValue) -> None:
    listing = JobListing.model_validate([{"id": "j1", "created_at": created_at}])
    assert listing.generations[0].created_at is None


@pytest.mark.parametrize(
    "document", [{}, {"generations": None}, {"generations": [{"status": "pending"}]}, "none", None]
)
def test_a_listing_that_cannot_be_trusted_is_not_read(document: JsonValue) -> None:
    with pytest.raises(ValidationError):
        JobListing.model_validate(document)


def test_an_accepted_job_is_read_in_both_forms() -> None:
    assert AcceptedJob.model_validate({"job_id": "j1", "poll_url": "/p"}) == AcceptedJob(job_id="j1", poll_url="/p")
    assert AcceptedJob.model_validate({"id": "j1", "status": "pending", "poll_url": 5}) == AcceptedJob(job_id="j1")
    assert AcceptedJob.model_validate({"job_id": 5}).job_id is None


def test_an_error_body_needs_a_code_and_nothing_else() -> None:
    odd = ErrorBody.model_validate({"error": "x", "message": None, "details": ["y"], "balance_eur": "?"})
    assert odd == ErrorBody(error="x")
    with pytest.raises(ValidationError):
        ErrorBody.model_validate({"message": "x"})


def test_every_error_code_has_a_status_of_its_own() -> None:
    assert {code: code.http_status for code in ErrorCode} == {
        "validation_error": 422,
        "authentication_error": 401,
        "insufficient_credits": 402,
        "model_not_allowed": 403,
        "not_found": 404,
        "rate_limited": 429,
        "content_rejected": 451,
        "internal": 500,
    }


def test_a_storyboard_keeps_what_is_not_known() -> None:
    document: JsonObject = {
        "scenes": [{"prompt": "p", "camera": {"lens": 35}}],
        "characters": [{"name": "Aria", "age": 9}],
        "strictness": "liberal",
    }
    dumped = Storyboard.model_validate({**document, "locations": None}).model_dump(exclude_unset=True)
    assert dumped == {**document, "locations": []}


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"scenes": []},
        {"scenes": [{"prompt": 5}]},
        {"scenes": [{}]},
        {"scenes": [{"prompt": "p"}], "characters": "Aria"},
    ],
)
def test_a_storyboard_without_scenes_or_with_other_types_is_none(document: JsonObject) -> None:
    with pytest.raises(ValidationError):
        Storyboard.model_validate(document)


def test_a_format_has_the_vendors_extension() -> None:
    assert [(one.extension, one.mime_type) for one in ImageFormat] == [
        ("png", "image/png"),
        ("jpg", "image/jpeg"),
        ("webp", "image/webp"),
    ]
