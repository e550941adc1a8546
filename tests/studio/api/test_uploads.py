import io
import sqlite3
from urllib.parse import urlsplit

import pytest
from PIL import Image

from stories.api.wire import ImageFormat
from studio.api import uploads
from tests.doubles.open_studio import OpensStudio

UPLOAD = "/v1/upload"


def picture(image_format: ImageFormat, size: tuple[int, int] = (8, 8)) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", size, "teal").save(content, image_format.value)
    return content.getvalue()


@pytest.mark.parametrize("image_format", list(ImageFormat))
async def test_an_uploaded_image_comes_back_byte_for_byte_without_a_key(
    open_studio: OpensStudio, image_format: ImageFormat
) -> None:
    content = picture(image_format)
    async with open_studio() as studio:
        answer = await studio.client.post(UPLOAD, files={"image": ("../../x.txt", content, "text/plain")})
        url = answer.json()["upload_url"]
        fetched = await studio.client.get(url, headers={"Authorization": ""})
        unsigned = await studio.client.get(urlsplit(url).path)
        studio.clock.seconds += 3600
        expired = await studio.client.get(url)
    assert answer.status_code == 200
    assert (fetched.content, fetched.headers["content-type"]) == (content, image_format.mime_type)
    assert (unsigned.status_code, expired.status_code) == (403, 403)


@pytest.mark.parametrize(
    ("files", "field"),
    [
        ({"picture": ("a.png", picture(ImageFormat.PNG))}, "image"),
        ({"image": ("a.png", b"")}, "image"),
        ({"image": ("a.png", b"<svg xmlns='http://www.w3.org/2000/svg'/>")}, "image"),
        ({"image": ("a.png", picture(ImageFormat.PNG)[:20])}, "image"),
        ({"image": ("a.png", picture(ImageFormat.PNG, (10_000, 5_000)))}, "image"),
        ({"image": ("a.png", b"x" * (uploads.MAX_UPLOAD_BYTES + 1))}, "body"),
    ],
)
async def test_what_is_no_image_is_refused_with_the_reason(
    open_studio: OpensStudio, files: dict[str, tuple[str, bytes]], field: str
) -> None:
    async with open_studio() as studio:
        answer = await studio.client.post(UPLOAD, files=files)
        kept = studio.service.directory.root / "uploads"
        assert not kept.exists()
    assert answer.status_code == 422
    assert list(answer.json()["details"]) == [field]


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data", "multipart/form-data; boundary=x"])
async def test_a_body_that_is_no_form_is_refused(open_studio: OpensStudio, content_type: str) -> None:
    async with open_studio() as studio:
        answer = await studio.client.post(UPLOAD, content=b"not a form", headers={"Content-Type": content_type})
    assert answer.status_code == 422
    assert answer.json()["details"]


async def test_an_account_keeps_so_many_uploads_and_no_more(open_studio: OpensStudio) -> None:
    async with open_studio() as studio:

        def fill(connection: sqlite3.Connection) -> None:
            (account,) = connection.execute("SELECT account_id FROM accounts ORDER BY rowid LIMIT 1").fetchone()
            for number in range(uploads.MAX_UPLOADS):
                row = (f"{number:032x}", account, "png", 1)
                connection.execute("INSERT INTO uploads VALUES (?, ?, ?, ?)", row)

        await studio.service.database.write(fill)
        files = {"image": ("a.png", picture(ImageFormat.PNG))}
        refused = await studio.client.post(UPLOAD, files=files)
        assert not (studio.service.directory.root / "uploads").exists()
        accepted = await studio.other_client.post(UPLOAD, files=files)
    assert (refused.status_code, accepted.status_code) == (429, 200)
    assert int(refused.headers["retry-after"]) > 0
