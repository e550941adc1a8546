"""What becomes of a job: the poll, the listing of recent jobs, and one job of it. All may be repeated at will."""

from fastapi import APIRouter
from starlette.requests import Request

from stories.api.wire import JOBS_PATH, SUBMIT_PATH, ErrorCode, ImageFormat
from studio import jobs
from studio.accounts import Account
from studio.answers import UrlOf, job_answer, poll_answer
from studio.errors import ApiProblem
from studio.jobs import Job
from studio.openapi import LISTED
from studio.picture import Picture
from studio.pictures import picture_path, signed_url
from studio.schema import JobBody, ListedJobBody, ListingBody, PollBody, refusals
from studio.service import Caller, Service, ServicePart

router = APIRouter()


@router.get(SUBMIT_PATH + "/{job_id}", response_model_exclude_unset=True, responses=refusals(404))
async def poll_story(job_id: str, request: Request, service: ServicePart, caller: Caller) -> PollBody:
    """How far the job is; image URLs are signed afresh with every poll."""
    job = _own_job(service, caller, job_id)
    return poll_answer(job, service.settings.answers, urls_of(job, request, service))


@router.get(JOBS_PATH, responses={200: LISTED, **refusals()})
async def list_jobs(service: ServicePart, caller: Caller) -> ListingBody:
    """The account's recent jobs, newest first; older ones fall out of the listing."""
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
    """One job of the listing, with its result."""
    job = _own_job(service, caller, job_id)
    return job_answer(job, service.settings.answers, urls_of(job, request, service))


def urls_of(job: Job, request: Request, service: Service) -> UrlOf:
    """Signs URLs of the job's pictures for whoever asks by this request."""

    def url_of(picture: Picture, image_format: ImageFormat) -> str:
        return signed_url(service, request, picture_path(job.job_id, picture, image_format))

    return url_of


def _own_job(service: Service, caller: Account, job_id: str) -> Job:
    job = jobs.find(service.database.reader, account_id=caller.account_id, job_id=job_id)
    if job is None:
        raise ApiProblem(ErrorCode.NOT_FOUND, "There is no such job for this key.")
    return job
