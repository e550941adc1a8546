"""`GET /images/…`: the files behind signed URLs. No key is needed, and none is looked at."""

from pathlib import Path

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse

from stories.api.wire import ImageFormat, is_job_id
from studio.errors import PictureRefused
from studio.openapi import IMAGE_ANSWERS, SIGNED_QUERY
from studio.picture import Picture
from studio.service import Service, ServicePart

IMAGES_PATH = "/images"

router = APIRouter()


def picture_path(job_id: str, picture: Picture, image_format: ImageFormat) -> str:
    """Where a file of a job is served, before it is signed."""
    return f"{IMAGES_PATH}/{job_id}/{picture.file_name(image_format)}"


def signed_url(service: Service, request: Request, path: str) -> str:
    """The whole URL of a file for whoever asks by this request, good from now on for the URLs' lifetime."""
    origin = service.settings.image_origin or f"{request.url.scheme}://{request.url.netloc}"
    return origin + service.signer.signed(path, now=service.now())


@router.get(
    IMAGES_PATH + "/{job_id}/{file_name}",
    response_class=FileResponse,
    responses=IMAGE_ANSWERS,
    openapi_extra=SIGNED_QUERY,
)
async def fetch_picture(job_id: str, file_name: str, request: Request, service: ServicePart) -> FileResponse:
    """The bytes of one picture, always the same ones; the path on disk is made of checked parts, not of the request."""
    named = Picture.from_file_name(file_name)
    if named is None or not is_job_id(job_id):
        raise PictureRefused(404, "There is no such picture.")
    path = service.directory.picture(job_id, *named)
    return opened_file(service, request, picture_path(job_id, *named), path, named[1])


def opened_file(
    service: Service, request: Request, url_path: str, path: Path, image_format: ImageFormat
) -> FileResponse:
    """The file, if the request's query opens the URL; raises `PictureRefused` if not, or if there is no such file."""
    service.signer.check(url_path, request.query_params.multi_items(), now=service.now())
    if not path.is_file():
        raise PictureRefused(404, "There is no such picture.")
    return FileResponse(path, media_type=image_format.mime_type)
