"""`POST /v1/upload`: stores an image behind a signed URL, as pictures are."""

import io
import re
import sqlite3
import uuid
from functools import partial

from fastapi import APIRouter
from PIL import Image
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import FileResponse

from stories.api.wire import ErrorCode, ImageFormat
from studio.api.openapi import IMAGE_ANSWERS, SIGNED_QUERY, image_body
from studio.api.pictures import opened_file, signed_url
from studio.api.requests import Caller, ServicePart, body_chunks, time_limit
from studio.api.schema import UploadBody, refusals
from studio.errors import ApiProblem, PictureRefused, invalid
from studio.work.accounts import Account
from studio.work.data_directory import DataDirectory, create_directory, write_whole

UPLOAD_PATH = "/v1/upload"
UPLOADED_PATH = "/uploads"
MAX_UPLOAD_BYTES = 10 * 1024 * 1024
MAX_UPLOADS = 1000
_MAX_PIXELS = 40_000_000
_FIELD = "image"
_FILE_NAME = re.compile(r"([0-9a-f]{32})\.(png|jpg|webp)")
_RETRY_AFTER_SECONDS = 3600

router = APIRouter()
files = APIRouter()


@router.post(
    UPLOAD_PATH,
    responses=refusals(408, 422),
    openapi_extra=image_body(_FIELD, [known.mime_type for known in ImageFormat]),
)
async def upload_image(request: Request, service: ServicePart, caller: Caller) -> UploadBody:
    """Store a PNG, JPEG or WebP of at most 10 MB and 40 megapixels, unchanged; it is durable before the answer."""
    async with time_limit(service.settings.request_seconds):
        content = await _image_field(request)
    image_format = await run_in_threadpool(_format_of, content)
    upload_id = uuid.uuid4().hex
    now_ms = int(service.now() * 1000)
    await service.database.write(
        partial(_record, upload_id=upload_id, caller=caller, image_format=image_format, now_ms=now_ms)
    )
    await run_in_threadpool(_store, service.directory, upload_id, image_format, content)
    path = f"{UPLOADED_PATH}/{upload_id}.{image_format.extension}"
    return UploadBody(upload_url=signed_url(service, request, path))


@files.get(
    UPLOADED_PATH + "/{file_name}", response_class=FileResponse, responses=IMAGE_ANSWERS, openapi_extra=SIGNED_QUERY
)
async def fetch_upload(file_name: str, request: Request, service: ServicePart) -> FileResponse:
    """Return the bytes of an uploaded image as they were sent."""
    named = _FILE_NAME.fullmatch(file_name)
    if named is None:
        raise PictureRefused(404, "There is no such picture.")
    image_format = next(known for known in ImageFormat if known.extension == named[2])
    path = service.directory.upload(named[1], image_format)
    return opened_file(service, request, f"{UPLOADED_PATH}/{file_name}", path, image_format)


async def _image_field(request: Request) -> bytes:
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise invalid("upload", {"body": "is not multipart/form-data"})
    chunks = body_chunks(request, max_bytes=MAX_UPLOAD_BYTES)
    try:
        form = await MultiPartParser(request.headers, chunks).parse()
    except MultiPartException as exc:
        raise invalid("upload", {"body": exc.message}) from exc
    try:
        image = form.get(_FIELD)
        if not isinstance(image, UploadFile):
            raise invalid("upload", {_FIELD: "is missing, or is no file"})
        return await image.read()
    finally:
        await form.close()


def _format_of(content: bytes) -> ImageFormat:
    """Return the image format that the bytes declare; raises `ApiProblem` for no image, or one with too many pixels."""
    try:
        with Image.open(io.BytesIO(content), formats=[known.value for known in ImageFormat]) as image:
            width, height = image.size
            image_format = ImageFormat(str(image.format).lower())
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as exc:
        raise invalid("upload", {_FIELD: "is no PNG, JPEG or WebP"}) from exc
    if width * height > _MAX_PIXELS:
        raise invalid("upload", {_FIELD: f"has more than {_MAX_PIXELS:,} pixels"})
    return image_format


def _store(directory: DataDirectory, upload_id: str, image_format: ImageFormat, content: bytes) -> None:
    path = directory.upload(upload_id, image_format)
    create_directory(path.parent)
    write_whole(path, content)


def _record(
    connection: sqlite3.Connection, *, upload_id: str, caller: Account, image_format: ImageFormat, now_ms: int
) -> None:
    count = connection.execute("SELECT count(*) FROM uploads WHERE account_id = ?", (caller.account_id,)).fetchone()[0]
    if count >= MAX_UPLOADS:
        raise ApiProblem(
            ErrorCode.RATE_LIMITED,
            f"The studio keeps {MAX_UPLOADS:,} uploads for each account, and this account has that many.",
            retry_after_seconds=_RETRY_AFTER_SECONDS,
        )
    connection.execute(
        "INSERT INTO uploads (upload_id, account_id, format, created_at_ms) VALUES (?, ?, ?, ?)",
        (upload_id, caller.account_id, image_format.value, now_ms),
    )
