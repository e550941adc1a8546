"""Answers about a job, in the seed form or the client form of the API or in both at once."""

from collections.abc import Callable, Sequence

from stories.api.wire import SUBMIT_PATH, Cast, ImageFormat, JobStatus
from studio.api.schema import AcceptedBody, ImagesBody, JobBody, PollBody, ReferenceBody, ResultBody, SceneBody
from studio.settings import AnswerForm
from studio.work.accounts import eur_text
from studio.work.jobs import Job
from studio.work.picture_names import Picture, Role

UrlOf = Callable[[Picture, ImageFormat], str]
"""Makes a fresh signed URL of one file of the job's pictures."""


def accepted_answer(job_id: str, form: AnswerForm) -> AcceptedBody:
    """Return the body of a 202."""
    fields = {"job_id": job_id}
    if form is not AnswerForm.CLIENT:
        fields["poll_url"] = poll_path(job_id)
    if form is not AnswerForm.SEED:
        fields["status"] = JobStatus.PENDING.value
    return AcceptedBody.model_validate(fields)


def poll_path(job_id: str) -> str:
    """Return the path at which a job is polled."""
    return f"{SUBMIT_PATH}/{job_id}"


def poll_answer(job: Job, form: AnswerForm, url_of: UrlOf) -> PollBody:
    """Return the answer to a poll; while the job is processing, its `result` holds the finished scenes."""
    fields = {
        "scenes_completed": sum(1 for picture in job.drawn if picture.role is Role.SCENE),
        "scenes_total": len(job.storyboard.scenes),
        **_outcome(job, form, url_of),
    }
    if form is not AnswerForm.CLIENT:
        fields["id"] = job.job_id
    if form is not AnswerForm.SEED:
        fields["job_id"] = job.job_id
    return PollBody.model_validate(fields)


def job_answer(job: Job, form: AnswerForm, url_of: UrlOf) -> JobBody:
    """Return the answer for one job of the listing."""
    return JobBody.model_validate({"job_id": job.job_id, **_outcome(job, form, url_of)})


def _outcome(job: Job, form: AnswerForm, url_of: UrlOf) -> dict[str, object]:
    outcome: dict[str, object] = {"status": job.status.value}
    if job.status is JobStatus.FAILED:
        outcome.update(error=job.error_code, message=job.error_message)
    elif job.status is not JobStatus.PENDING:
        outcome["result"] = _result(job, form, url_of)
    return outcome


def _result(job: Job, form: AnswerForm, url_of: UrlOf) -> ResultBody:
    fields: dict[str, object] = {"scenes": _scenes(job, form, url_of)}
    if job.status is JobStatus.COMPLETED:
        fields["characters"] = _references(Role.CHARACTER, job.storyboard.characters, url_of)
        if form is not AnswerForm.SEED:
            fields["title"] = job.storyboard.title
            fields["locations"] = _references(Role.LOCATION, job.storyboard.locations, url_of)
            fields["cost_eur"] = eur_text(job.price_micro_eur)
            fields["balance_eur"] = eur_text(job.balance_after_micro_eur or 0)
    return ResultBody.model_validate(fields)


def _scenes(job: Job, form: AnswerForm, url_of: UrlOf) -> list[SceneBody]:
    scenes = []
    for index, scene in enumerate(job.storyboard.scenes):
        picture = Picture(Role.SCENE, index)
        if picture not in job.drawn:
            continue
        finished: dict[str, object] = {"prompt": scene.prompt}
        if form is not AnswerForm.CLIENT:
            finished["images"] = ImagesBody(**{known.value: url_of(picture, known) for known in ImageFormat})
        if form is not AnswerForm.SEED:
            finished["image_url"] = url_of(picture, ImageFormat.PNG)
        scenes.append(SceneBody.model_validate(finished))
    return scenes


def _references(role: Role, cast: Sequence[Cast], url_of: UrlOf) -> list[ReferenceBody]:
    return [
        ReferenceBody(name=entry.name, reference_url=url_of(Picture(role, position), ImageFormat.PNG))
        for position, entry in enumerate(cast)
    ]
