"""`GET /images/…`: the files behind signed URLs. No key is needed, and none is looked at."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse

from stories.wire import ImageFormat, is_job_id
from studio.errors import PictureRefused
from studio.picture import Picture
from studio.service import ServicePart

IMAGES_PATH = "/images"

router = APIRouter()


def picture_path(job_id: str, picture: Picture, image_format: ImageFormat) -> str:
    """Where a file of a job is served, before it is signed."""
    return f"{IMAGES_PATH}/{job_id}/{picture.file_name(image_format)}"


@router.get(IMAGES_PATH + "/{job_id}/{file_name}")
async def fetch_picture(job_id: str, file_name: str, request: Request, service: ServicePart) -> FileResponse:
    """The bytes of one picture, always the same ones; the path on disk is made of checked parts, not of the request."""
    named = Picture.from_file_name(file_name)
    if named is None or not is_job_id(job_id):
        raise PictureRefused(404, "There is no such picture.")
    service.signer.check(picture_path(job_id, *named), request.query_params.multi_items(), now=service.now())
    path = service.directory.picture(job_id, *named)
    if not path.is_file():
        raise PictureRefused(404, "There is no such picture.")
    return FileResponse(path, media_type=named[1].mime_type)
