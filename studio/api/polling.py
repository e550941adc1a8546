"""The poll of a job, the listing of recent jobs, and one job of the listing. None of these calls changes anything."""

from fastapi import APIRouter
from starlette.requests import Request

from stories.api.wire import JOBS_PATH, SUBMIT_PATH, ErrorCode, ImageFormat
from studio.api.answers import UrlOf, job_answer, poll_answer
from studio.api.openapi import LISTED
from studio.api.pictures import picture_path, signed_url
from studio.api.requests import Caller, ServicePart
from studio.api.schema import JobBody, ListedJobBody, ListingBody, PollBody, refusals
from studio.errors import ApiProblem
from studio.service import Service
from studio.work import jobs
from studio.work.accounts import Account
from studio.work.jobs import Job
from studio.work.picture_names import Picture

router = APIRouter()


@router.get(SUBMIT_PATH + "/{job_id}", response_model_exclude_unset=True, responses=refusals(404))
async def poll_story(job_id: str, request: Request, service: ServicePart, caller: Caller) -> PollBody:
    """Return the progress of a job; image URLs are signed afresh for every poll."""
    job = _own_job(service, caller, job_id)
    return poll_answer(job, service.settings.answers, urls_of(job, request, service))


@router.get(JOBS_PATH, responses={200: LISTED, **refusals()})
async def list_jobs(service: ServicePart, caller: Caller) -> ListingBody:
    """Return the account's recent jobs, newest first; older jobs are not listed."""
    limit = service.settings.listed_jobs
    listed = jobs.recent(service.database.reader, account_id=caller.account_id, limit=limit)
    return ListingBody(
        generations=[
            ListedJobBody.model_validate(
                {"job_id": job_id, "status": status.value, "created_at": created_at.isoformat()}
            )
            for job_id, status, created_at in listed
        ]
    )


@router.get(JOBS_PATH + "/{job_id}", response_model_exclude_unset=True, responses=refusals(404))
async def look_at_job(job_id: str, request: Request, service: ServicePart, caller: Caller) -> JobBody:
    """Return one job of the listing, with its result."""
    job = _own_job(service, caller, job_id)
    return job_answer(job, service.settings.answers, urls_of(job, request, service))


def urls_of(job: Job, request: Request, service: Service) -> UrlOf:
    """Return a function that signs URLs of the job's pictures for the sender of this request."""

    def url_of(picture: Picture, image_format: ImageFormat) -> str:
        return signed_url(service, request, picture_path(job.job_id, picture, image_format))

    return url_of


def _own_job(service: Service, caller: Account, job_id: str) -> Job:
    job = jobs.find(service.database.reader, account_id=caller.account_id, job_id=job_id)
    if job is None:
        raise ApiProblem(ErrorCode.NOT_FOUND, "This key has no such job.")
    return job
