"""What becomes of a job: the poll, the listing of recent jobs, and one job of it. All may be repeated at will."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse

from stories.wire import JOBS_PATH, SUBMIT_PATH, ErrorCode, ImageFormat
from studio import jobs
from studio.accounts import Account
from studio.answers import UrlOf, job_answer, poll_answer
from studio.errors import ApiProblem
from studio.jobs import Job
from studio.picture import Picture
from studio.pictures import picture_path
from studio.service import Caller, Service, ServicePart

LISTED_JOBS = 100

router = APIRouter()


@router.get(SUBMIT_PATH + "/{job_id}")
async def poll_story(job_id: str, request: Request, service: ServicePart, caller: Caller) -> JSONResponse:
    """How far the job is; image URLs are signed afresh with every poll."""
    job = _own_job(service, caller, job_id)
    return JSONResponse(poll_answer(job, service.settings.answers, _url_of(job, request, service)))


@router.get(JOBS_PATH)
async def list_jobs(service: ServicePart, caller: Caller) -> JSONResponse:
    """The account's recent jobs, newest first; older ones fall out of the listing."""
    listed = jobs.recent(service.database.reader, account_id=caller.account_id, limit=LISTED_JOBS)
    generations = [
        {"job_id": job_id, "status": status.value, "created_at": created_at.isoformat()}
        for job_id, status, created_at in listed
    ]
    return JSONResponse({"generations": generations})


@router.get(JOBS_PATH + "/{job_id}")
async def look_at_job(job_id: str, request: Request, service: ServicePart, caller: Caller) -> JSONResponse:
    """One job of the listing, with its result."""
    job = _own_job(service, caller, job_id)
    return JSONResponse(job_answer(job, service.settings.answers, _url_of(job, request, service)))


def _own_job(service: Service, caller: Account, job_id: str) -> Job:
    job = jobs.find(service.database.reader, account_id=caller.account_id, job_id=job_id)
    if job is None:
        raise ApiProblem(ErrorCode.NOT_FOUND, "There is no such job for this key.")
    return job


def _url_of(job: Job, request: Request, service: Service) -> UrlOf:
    origin = service.settings.image_origin or f"{request.url.scheme}://{request.url.netloc}"

    def url_of(picture: Picture, image_format: ImageFormat) -> str:
        path = picture_path(job.job_id, picture, image_format)
        return origin + service.signer.signed(path, now=service.now())

    return url_of
