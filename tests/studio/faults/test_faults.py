"""Every fault of the table does what it says, and stands in the request log under its name."""

import gzip
import io
import json
import struct
from collections.abc import Callable, Mapping
from functools import partial
from itertools import accumulate
from pathlib import Path

import httpx
import pytest
from PIL import Image

from stories.api.wire import JOBS_PATH, PROFILE_PATH, SUBMIT_PATH
from stories.strict_json import JsonObject
from studio.errors import StudioError
from studio.faults.table import FAULTS, Place, Timing, read_odds
from studio.settings import StudioSettings
from tests.doubles.open_studio import OpensStudio, OpenStudio, polled, story, submitted
from tests.doubles.running_studio import KEY, studio_here

BOARD = story("a tram at night", "a bridge at dawn")
PATIENCE = httpx.Timeout(60.0)
SHORT_PATIENCE = httpx.Timeout(60.0, read=0.5)
IN_FIVE_SECONDS = "Fri, 15 Jan 2027 08:00:05 GMT"
REFUSALS: Mapping[str, tuple[int, str | None, str | None]] = {
    "submit-429-zero": (429, "rate_limited", "0"),
    "submit-429-negative": (429, "rate_limited", "-1"),
    "submit-429-far": (429, "rate_limited", "1e9"),
    "submit-429-garbage": (429, "rate_limited", "soon"),
    "submit-429-date": (429, "rate_limited", IN_FIVE_SECONDS),
    "submit-401": (401, "authentication_error", None),
    "submit-402": (402, "insufficient_credits", None),
    "submit-403": (403, "model_not_allowed", None),
    "submit-451": (451, "content_rejected", None),
    "submit-503": (503, "internal", "1"),
    "submit-408": (408, None, None),
    "submit-409": (409, None, None),
    "submit-307": (307, None, None),
    "poll-429": (429, "rate_limited", "1"),
    "poll-500": (500, "internal", None),
    "poll-502": (502, None, None),
    "jobs-500": (500, "internal", None),
    "profile-500": (500, "internal", None),
    "image-403": (403, None, None),
    "image-500": (500, None, None),
}
GATEWAYS = {f"accepted-{status}": status for status in (408, 409, 500, 502, 503, 504, 520, 524)}
LISTINGS: Mapping[str, Callable[[list[str]], list[str]]] = {
    "jobs-truncated": lambda jobs: jobs[:3],
    "jobs-empty": lambda _: [],
    "jobs-delayed": lambda _: [],
    "jobs-reordered": lambda jobs: jobs[::-1],
    "jobs-duplicated": lambda jobs: [*jobs, *jobs],
}
POLLS: Mapping[str, Callable[[JsonObject, JsonObject], bool]] = {
    "poll-regresses": lambda bad, _: (bad["status"], bad["scenes_completed"], "result" in bad) == ("pending", 0, False),
    "poll-never-ends": lambda bad, _: (bad["status"], bad["scenes_completed"]) == ("processing", 1),
    "poll-vanishes": lambda bad, _: bad["error"] == "not_found",
    "poll-overcounts": lambda bad, good: bad == {**good, "scenes_completed": 9},
    "poll-result-null": lambda bad, good: bad == {**good, "result": None},
    "poll-urls-expired": lambda bad, _: json.dumps(bad).count("?exp=1799999999&") == 8,
    "poll-images-swapped": lambda bad, good: images_by_prompt(bad) == images_by_prompt(good, shifted=1),
    "poll-cost-wrong": lambda bad, _: bad["result"]["cost_eur"] == "10.20",  # type: ignore[index,call-overload]
}
BAD_IMAGES: Mapping[str, Callable[[httpx.Response, bytes], bool]] = {
    "image-truncated": lambda bad, good: bad.content == good[: len(good) // 2],
    "image-html": lambda bad, _: (bad.status_code, bad.headers["content-type"]) == (200, "text/html"),
    "image-bomb": lambda bad, _: len(bad.content) < 200_000 and len(gzip.decompress(bad.content)) == 200_000_000,
    "image-huge": lambda bad, _: struct.unpack(">4sII", bad.content[12:24]) == (b"IHDR", 12_000, 12_000),
}
ACCEPTED = ("accepted-303", "accepted-without-id", "accepted-reused-id", "foreign-twin")
LOST = ("submit-reset", "submit-hang", "accepted-reset", "accepted-hang", "poll-reset", "poll-hang")
CUT = ("accepted-cut", "poll-cut", "image-cut", "image-wrong-length", "image-endless")


def images_by_prompt(document: JsonObject, *, shifted: int = 0) -> dict[str, str]:
    """The path of the PNG of each prompt, or of the scene so many places on."""
    scenes = document["result"]["scenes"]  # type: ignore[index,call-overload]
    urls = [scene["images"]["png"].partition("?")[0] for scene in scenes]
    return dict(zip([scene["prompt"] for scene in scenes], urls[shifted:] + urls[:shifted], strict=True))


def committed(studio: OpenStudio) -> list[object]:
    return [entry["fault"] for entry in studio.post_log() if entry["fault"]]


async def asked(studio: OpenStudio, place: Place) -> httpx.Response:
    match place:
        case Place.SUBMIT:
            return await studio.client.post(SUBMIT_PATH, json=BOARD)
        case Place.JOBS | Place.PROFILE:
            return await studio.client.get(JOBS_PATH if place is Place.JOBS else PROFILE_PATH)
        case Place.POLL:
            return await studio.client.get(f"{SUBMIT_PATH}/{await submitted(studio.client, BOARD)}")
        case Place.IMAGE:
            document = await polled(studio.client, await submitted(studio.client, BOARD))
            url: str = document["result"]["scenes"][0]["images"]["png"]  # type: ignore[index,call-overload]
            return await studio.client.get(url)


def test_every_fault_is_tested() -> None:
    tested = [*REFUSALS, *GATEWAYS, *LISTINGS, *POLLS, *BAD_IMAGES, *ACCEPTED, *LOST, *CUT]
    assert sorted(tested) == sorted(FAULTS)


@pytest.mark.parametrize(("name", "expected"), REFUSALS.items(), ids=REFUSALS)
async def test_a_refusal_comes_in_place_of_the_studio(
    open_studio: OpensStudio, name: str, expected: tuple[int, str | None, str | None]
) -> None:
    async with open_studio(faults={name: 1}) as studio:
        answer = await asked(studio, FAULTS[name].place)
        is_own = answer.headers["content-type"] == "application/json"
        code = answer.json()["error"] if is_own else None
        assert (answer.status_code, code, answer.headers.get("retry-after")) == expected
        assert committed(studio) == [name]
        if FAULTS[name].place is Place.SUBMIT:
            assert (await studio.client.get(JOBS_PATH)).json() == {"generations": []}


@pytest.mark.parametrize(("name", "status"), GATEWAYS.items())
async def test_a_gateway_answers_for_a_story_that_was_accepted(
    open_studio: OpensStudio, name: str, status: int
) -> None:
    async with open_studio(faults={name: 1}) as studio:
        answer = await asked(studio, Place.SUBMIT)
        assert (answer.status_code, "html" in answer.text, "location" in answer.headers) == (status, True, False)
        (listed,) = (await studio.client.get(JOBS_PATH)).json()["generations"]
        (entry,) = studio.post_log()
        assert (entry["status"], entry["job_id"], entry["fault"]) == (status, listed["job_id"], name)


async def test_an_accepted_story_is_answered_with_a_redirect_or_without_its_id_or_with_anothers(
    open_studio: OpensStudio,
) -> None:
    for name in ("accepted-303", "accepted-without-id", "accepted-reused-id"):
        async with open_studio(faults={name: 1}) as studio:
            first, second = await asked(studio, Place.SUBMIT), await asked(studio, Place.SUBMIT)
            one, other = (entry["job_id"] for entry in studio.post_log()[-2:])
            match name:
                case "accepted-303":
                    assert (first.status_code, first.headers["location"]) == (303, f"{SUBMIT_PATH}/{one}")
                case "accepted-without-id":
                    assert first.status_code == 202
                    assert str(one) not in f"{first.text}{first.headers}"
                case _:
                    assert (first.json()["job_id"], second.json()["job_id"]) == (one, one)
                    assert second.headers["location"] == f"{SUBMIT_PATH}/{one}"
                    assert str(other) not in f"{second.text}{second.headers}"
                    assert [entry["fault"] for entry in studio.post_log()[-2:]] == [None, name]


async def test_a_foreign_twin_is_a_job_of_the_account_with_the_same_body(open_studio: OpensStudio) -> None:
    async with open_studio(faults={"foreign-twin": 1}) as studio:
        own = (await asked(studio, Place.SUBMIT)).json()["job_id"]
        newest, twin = (await studio.client.get(JOBS_PATH)).json()["generations"]
        assert newest["job_id"] == own
        result = (await polled(studio.client, twin["job_id"]))["result"]
        assert [scene["prompt"] for scene in result["scenes"]] == [  # type: ignore[index,call-overload]
            "a tram at night",
            "a bridge at dawn",
        ]
        assert [(entry["job_id"], entry["fault"]) for entry in studio.post_log()] == [(own, "foreign-twin")]


@pytest.mark.parametrize("name", LISTINGS)
async def test_a_listing_goes_wrong(open_studio: OpensStudio, name: str) -> None:
    async with open_studio(faults={name: 1}) as studio:
        jobs = [await submitted(studio.client, BOARD) for _ in range(4)]
        found = [job["job_id"] for job in (await asked(studio, Place.JOBS)).json()["generations"]]
        assert found == LISTINGS[name](jobs[::-1])
        assert committed(studio) == [name]
        if name == "jobs-delayed":
            studio.clock.seconds += 600
            later = [job["job_id"] for job in (await asked(studio, Place.JOBS)).json()["generations"]]
            assert later == jobs[::-1]


@pytest.mark.parametrize("name", POLLS)
async def test_a_job_goes_wrong(open_studio: OpensStudio, name: str) -> None:
    async with open_studio() as studio:
        job_id = await submitted(studio.client, BOARD)
        good = await polled(studio.client, job_id)
    async with open_studio(faults={name: 1}) as studio:
        bad: JsonObject = (await studio.client.get(f"{SUBMIT_PATH}/{job_id}")).json()
        assert POLLS[name](bad, good), bad
        assert committed(studio) == [name]


@pytest.mark.parametrize("name", BAD_IMAGES)
async def test_an_image_goes_wrong(open_studio: OpensStudio, name: str) -> None:
    async with open_studio() as studio:
        good = await asked(studio, Place.IMAGE)
        assert Image.open(io.BytesIO(good.content)).format == "PNG"
    async with open_studio(faults={name: 1}) as studio, studio.client.stream("GET", good.url) as bad:
        bad._content = b"".join([piece async for piece in bad.aiter_raw()])
        assert BAD_IMAGES[name](bad, good.content)
        assert committed(studio) == [name]


async def test_a_lot_that_falls_on_a_job_stays_with_it(open_studio: OpensStudio) -> None:
    async with open_studio(faults={"poll-result-null": 0.5}, fault_seed=3) as studio:
        jobs = [await submitted(studio.client, BOARD) for _ in range(8)]
        ends = [[(await polled(studio.client, job))["result"] is None for job in jobs] for _ in range(3)]
    assert ends[0] == ends[1] == ends[2]
    assert 0 < sum(ends[0]) < 8


async def test_the_same_requests_meet_a_fault_with_the_same_seed(open_studio: OpensStudio) -> None:
    async def statuses(seed: int) -> list[int]:
        odds = {"submit-409": 0.3, "submit-429-zero": 0.3}
        async with open_studio(faults=odds, fault_seed=seed) as studio:
            return [(await asked(studio, Place.SUBMIT)).status_code for _ in range(30)]

    once = await statuses(1)
    assert once == await statuses(1)
    assert once != await statuses(2)
    assert set(once) == {202, 409, 429}


async def test_without_faults_nothing_is_kept_back_and_the_log_says_none(open_studio: OpensStudio) -> None:
    async with open_studio() as studio:
        await asked(studio, Place.IMAGE)
        assert committed(studio) == []
        assert [entry["method"] for entry in studio.post_log()] == ["POST"]


@pytest.mark.parametrize("name", LOST)
def test_an_answer_is_lost_on_the_wire(tmp_path: Path, name: str) -> None:
    """With a reset or in silence; what the studio did before stays done."""
    expected, poll_policy = (
        (httpx.ReadError, PATIENCE) if name.endswith("reset") else (httpx.ReadTimeout, SHORT_PATIENCE)
    )
    with studio_here(tmp_path, faults={name: 1}) as studio, over_socket(studio.url) as client:
        ask = partial(client.post, SUBMIT_PATH, json=BOARD)
        if FAULTS[name].place is Place.POLL:
            ask = partial(client.get, ask().headers["location"])
        with pytest.raises(expected):
            ask(timeout=poll_policy)
        while not studio.faults():  # on a busy machine patience ends before the studio came that far
            client.get(PROFILE_PATH)
        jobs = client.get(JOBS_PATH).json()["generations"]
        assert len(jobs) == (FAULTS[name].timing is Timing.AFTER)
        assert studio.faults() == [name]


def test_an_answer_breaks_off_on_the_wire(tmp_path: Path) -> None:
    with studio_here(tmp_path, faults={"accepted-cut": 1, "poll-cut": 1}) as studio, over_socket(studio.url) as client:
        with client.stream("POST", SUBMIT_PATH, json=BOARD) as answer:
            assert (answer.status_code, "location" in answer.headers) == (202, True)
            with pytest.raises(httpx.RemoteProtocolError):
                answer.read()
        with pytest.raises(httpx.RemoteProtocolError):
            client.get(answer.headers["location"])


@pytest.mark.parametrize("name", ["image-cut", "image-wrong-length", "image-endless"])
async def test_an_image_breaks_off_or_does_not_end(tmp_path: Path, name: str) -> None:
    with studio_here(tmp_path, faults={name: 1}) as studio, over_socket(studio.url) as client:
        location = client.post(SUBMIT_PATH, json=BOARD).headers["location"]
        document: JsonObject = {}
        while document.get("status") != "completed":
            document = client.get(location).json()
        url: str = document["result"]["scenes"][0]["images"]["png"]  # type: ignore[index,call-overload]
        with client.stream("GET", url) as answer:
            if name == "image-endless":
                received = accumulate(map(len, answer.iter_raw()))
                assert next(total for total in received if total > 10_000_000)
            else:
                with pytest.raises(httpx.RemoteProtocolError):
                    answer.read()


def over_socket(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"Authorization": f"Bearer {KEY}"}, trust_env=False, timeout=PATIENCE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("accepted-reset", "write NAME=PROBABILITY"),
        ("accepted-reset=often", "write NAME=PROBABILITY"),
        ("reset=0.5", "there is no fault 'reset': `depicta studio faults` lists those there are"),
        ("accepted-reset=1.5", "accepted-reset: a probability is between 0 and 1, not 1.5"),
        ("accepted-reset=nan", "between 0 and 1"),
    ],
)
def test_what_is_no_fault_or_no_probability_is_refused(tmp_path: Path, text: str, message: str) -> None:
    assert read_odds(["accepted-cut=0.5", "jobs-empty=1"]) == {"accepted-cut": 0.5, "jobs-empty": 1.0}
    with pytest.raises(StudioError, match=message):
        read_odds([text])
    with pytest.raises(StudioError):
        StudioSettings(data_directory=tmp_path, faults={"reset": 0.5})
