"""`GET /images/…`: the files behind signed URLs. A key is neither needed nor read."""

from pathlib import Path

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse

from stories.api.wire import ImageFormat, is_job_id
from studio.api.openapi import IMAGE_ANSWERS, SIGNED_QUERY
from studio.api.requests import ServicePart
from studio.errors import PictureRefused
from studio.service import Service
from studio.work.picture_names import Picture

IMAGES_PATH = "/images"

router = APIRouter()


def picture_path(job_id: str, picture: Picture, image_format: ImageFormat) -> str:
    """Return the URL path of a job's file, without a signature."""
    return f"{IMAGES_PATH}/{job_id}/{picture.file_name(image_format)}"


def signed_url(service: Service, request: Request, path: str) -> str:
    """Return the signed URL of a file, valid from now for the URLs' lifetime.

    Its origin is the image origin, or without one the origin of this request.
    """
    origin = service.settings.image_origin or f"{request.url.scheme}://{request.url.netloc}"
    return origin + service.signer.signed(path, now=service.now())


@router.get(
    IMAGES_PATH + "/{job_id}/{file_name}",
    response_class=FileResponse,
    responses=IMAGE_ANSWERS,
    openapi_extra=SIGNED_QUERY,
)
async def fetch_picture(job_id: str, file_name: str, request: Request, service: ServicePart) -> FileResponse:
    """Return the bytes of one picture, the same bytes each time."""
    named = Picture.from_file_name(file_name)
    if named is None or not is_job_id(job_id):
        raise PictureRefused(404, "There is no such picture.")
    # The path on disk is built from the checked parts, never from the text of the request.
    path = service.directory.picture(job_id, *named)
    return opened_file(service, request, picture_path(job_id, *named), path, named[1])


def opened_file(
    service: Service, request: Request, url_path: str, path: Path, image_format: ImageFormat
) -> FileResponse:
    """Return the file of a signed URL; raises `PictureRefused` for a wrong signature (403) and a missing file (404)."""
    service.signer.check(url_path, request.query_params.multi_items(), now=service.now())
    if not path.is_file():
        raise PictureRefused(404, "There is no such picture.")
    return FileResponse(path, media_type=image_format.mime_type)
