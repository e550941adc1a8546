"""What the studio says about a job, in either form of the API or in both at once."""

from collections.abc import Callable

from pydantic import JsonValue

from stories.json_document import JsonObject
from stories.wire import SUBMIT_PATH, Cast, ImageFormat, JobStatus
from studio.jobs import Job
from studio.money import eur_text
from studio.picture import Picture, Role
from studio.settings import AnswerForm

UrlOf = Callable[[Picture, ImageFormat], str]
"""A fresh signed URL of one file of the job's pictures."""


def accepted_answer(job_id: str, form: AnswerForm) -> JsonObject:
    """The body of a 202."""
    answer: JsonObject = {"job_id": job_id}
    if form is not AnswerForm.CLIENT:
        answer["poll_url"] = poll_path(job_id)
    if form is not AnswerForm.SEED:
        answer["status"] = JobStatus.PENDING.value
    return answer


def poll_path(job_id: str) -> str:
    """Where a job is polled."""
    return f"{SUBMIT_PATH}/{job_id}"


def poll_answer(job: Job, form: AnswerForm, url_of: UrlOf) -> JsonObject:
    """The answer to a poll; while the job is processing its `result` holds the scenes that are finished."""
    answer: JsonObject = {
        "status": job.status.value,
        "scenes_completed": sum(1 for picture in job.drawn if picture.role is Role.SCENE),
        "scenes_total": len(job.storyboard.scenes),
    }
    if form is not AnswerForm.CLIENT:
        answer["id"] = job.job_id
    if form is not AnswerForm.SEED:
        answer["job_id"] = job.job_id
    return {**answer, **_outcome(job, form, url_of)}


def job_answer(job: Job, form: AnswerForm, url_of: UrlOf) -> JsonObject:
    """The answer to a look at one job of the listing."""
    return {"job_id": job.job_id, "status": job.status.value, **_outcome(job, form, url_of)}


def _outcome(job: Job, form: AnswerForm, url_of: UrlOf) -> JsonObject:
    if job.status is JobStatus.FAILED:
        return {"error": job.error_code, "message": job.error_message}
    if job.status is JobStatus.PENDING:
        return {}
    result: JsonObject = {"scenes": _scenes(job, form, url_of)}
    if job.status is JobStatus.COMPLETED:
        result["characters"] = _references(Role.CHARACTER, job.storyboard.characters, url_of)
        if form is not AnswerForm.SEED:
            result["title"] = job.storyboard.title
            result["locations"] = _references(Role.LOCATION, job.storyboard.locations, url_of)
            result["cost_eur"] = eur_text(job.price_micro_eur)
            result["balance_eur"] = eur_text(job.balance_after_micro_eur or 0)
    return {"result": result}


def _scenes(job: Job, form: AnswerForm, url_of: UrlOf) -> list[JsonValue]:
    scenes: list[JsonValue] = []
    for index, scene in enumerate(job.storyboard.scenes):
        picture = Picture(Role.SCENE, index)
        if picture not in job.drawn:
            continue
        finished: JsonObject = {"prompt": scene.prompt}
        if form is not AnswerForm.CLIENT:
            finished["images"] = {known.value: url_of(picture, known) for known in ImageFormat}
        if form is not AnswerForm.SEED:
            finished["image_url"] = url_of(picture, ImageFormat.PNG)
        scenes.append(finished)
    return scenes


def _references(role: Role, cast: list[Cast], url_of: UrlOf) -> list[JsonValue]:
    return [
        {"name": entry.name, "reference_url": url_of(Picture(role, position), ImageFormat.PNG)}
        for position, entry in enumerate(cast)
    ]
