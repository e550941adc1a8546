"""A Stories API on a real socket that does everything right, until a test says otherwise for one of its answers."""

import json
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import PurePosixPath
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from pydantic import JsonValue

from stories.api.wire import JOBS_PATH, MODELS_PATH, PROFILE_PATH, SUBMIT_PATH, ImageFormat
from stories.strict_json import JsonObject, sha256_hex
from tests.doubles.pictures import encoded, picture
from tests.doubles.scripted_server import Connection, Received, ScriptedServer, raw_answer

KEY = "dpct_dev_canary-0123456789abcdef"

Answer = JsonObject | bytes | None
"""A document for a 200, raw bytes as they are (none at all: silence), or None for a reset of the connection."""


@cache
def image_bytes(seed: str, image_format: ImageFormat = ImageFormat.PNG) -> bytes:
    """A picture that looks like no other seed's."""
    return encoded(picture(int(sha256_hex(seed.encode())[:8], 16)), image_format)


class ScriptedApi:
    """Accepts every story, completes it at its second poll, and serves its images; an async context manager.

    `on_submit` is called with the number of the POST, `on_poll` with a job id and the number of its poll, `on_image`
    with path, signature and the number of the path's fetch, `on_account` with the path of anything else; all numbers
    start at 0.
    """

    def __init__(self) -> None:
        self.jobs: dict[str, JsonObject] = {}
        self.polls: dict[str, int] = {}
        self.fetches: dict[str, int] = {}
        self.on_submit: Callable[[int], Answer | Awaitable[Answer]] = lambda _number: self.accepted()
        self.on_poll: Callable[[str, int], Answer] = lambda job_id, number: (
            self.completed(job_id) if number else {"job_id": job_id, "status": "processing"}
        )
        self.on_image: Callable[[str, str, int], Answer | Awaitable[Answer]] = lambda path, _signature, _number: (
            self.image_answer(path)
        )
        self.on_account: Callable[[str], Answer] = self.account
        self.models: list[JsonValue] = [{"id": "painter", "approximate_cost_eur": "0.10"}]
        self.balance_eur = "100.00"
        self._posts = 0
        self._submitted: JsonObject = {}
        self._server = ScriptedServer(self._serve)

    async def __aenter__(self) -> Self:
        await self._server.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._server.__aexit__(kind, exc, traceback)

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def requests(self) -> list[Received]:
        return self._server.requests

    @property
    def posts(self) -> int:
        return self._posts

    def accepted(self) -> bytes:
        """Take the storyboard that was just sent as a new job."""
        job_id = f"job-{len(self.jobs) + 1}"
        self.jobs[job_id] = self._submitted
        return raw_answer(202, {"job_id": job_id, "poll_url": f"{SUBMIT_PATH}/{job_id}"})

    def scene(self, job_id: str, index: int, signature: str = "first") -> JsonObject:
        """A finished scene of the job, in all formats, with signed URLs."""
        scenes = self.jobs[job_id]["scenes"]
        assert isinstance(scenes, list)
        scene = scenes[index]
        assert isinstance(scene, dict)
        images: JsonObject = {
            name.value: f"{self.url}/images/{job_id}/scene-{index}.{name.value}?sig={signature}" for name in ImageFormat
        }
        return {"prompt": scene["prompt"], "images": images}

    def result(self, job_id: str, signature: str = "first", **changes: object) -> JsonObject:
        """A whole result of the job."""
        storyboard = self.jobs[job_id]
        scenes = storyboard["scenes"]
        assert isinstance(scenes, list)
        references = {
            kind: [
                {"name": entry["name"], "reference_url": f"{self.url}/images/{job_id}/{kind}-{number}.png?sig=first"}
                for number, entry in enumerate(entries)
                if isinstance(entry, dict)
            ]
            for kind in ("characters", "locations")
            if isinstance(entries := storyboard.get(kind, []), list)
        }
        whole: JsonObject = {
            "scenes": [self.scene(job_id, index, signature) for index in range(len(scenes))],
            "cost_eur": "0.40",
            "balance_eur": self.balance_eur,
            **references,
        }
        return {**whole, **changes}  # type: ignore[dict-item] # a test's changes are JSON by construction

    def completed(self, job_id: str, signature: str = "first", **changes: object) -> JsonObject:
        return {"job_id": job_id, "status": "completed", "result": self.result(job_id, signature, **changes)}

    def image_answer(self, path: str) -> bytes:
        """The picture behind a path, in the format of its suffix."""
        return raw_answer(200, image_bytes(path, ImageFormat(PurePosixPath(path).suffix[1:])))

    def paths(self, method: str = "GET") -> list[str]:
        """The path of every request with this method, without queries."""
        return [urlsplit(request.target).path for request in self.requests if request.method == method]

    async def _serve(self, connection: Connection) -> None:
        while (request := await connection.read_request()) is not None:
            answer = self._answer(request)
            if isinstance(answer, Awaitable):
                answer = await answer
            if answer is None:
                connection.reset()
                return
            await connection.send(answer if isinstance(answer, bytes) else raw_answer(200, answer))

    def _answer(self, request: Received) -> Answer | Awaitable[Answer]:
        path, query = urlsplit(request.target).path, urlsplit(request.target).query
        if path.startswith("/images/"):
            return self.on_image(path, parse_qs(query)["sig"][0], self._counted(self.fetches, path))
        if request.header("authorization") != f"Bearer {KEY}":
            return raw_answer(401, {"error": "authentication_error", "message": "who are you"})
        if request.method == "POST":
            self._submitted = json.loads(request.body)
            self._posts += 1
            return self.on_submit(self._posts - 1)
        if path.startswith(f"{SUBMIT_PATH}/"):
            job_id = path.rpartition("/")[2]
            number = self._counted(self.polls, job_id)
            if job_id not in self.jobs:
                return raw_answer(404, {"error": "not_found", "message": "no such job"})
            return self.on_poll(job_id, number)
        return self.on_account(path)

    def account(self, path: str) -> Answer:
        """Recent jobs, profile or models."""
        documents: dict[str, JsonObject] = {
            JOBS_PATH: {"generations": [{"job_id": job_id, "status": "processing"} for job_id in self.jobs]},
            PROFILE_PATH: {"user": {"balance_eur": self.balance_eur, "held_eur": "0"}},
            MODELS_PATH: {"models": self.models},
        }
        return documents[path]

    def _counted(self, numbers: dict[str, int], name: str) -> int:
        numbers[name] = numbers.get(name, -1) + 1
        return numbers[name]
