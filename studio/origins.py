"""Where images have an origin of their own, they are served there alone, and nothing else is served there."""

from urllib.parse import urlsplit

from starlette.requests import Request

from stories.api.wire import ErrorCode
from studio.errors import ApiProblem, PictureRefused
from studio.service import ServicePart


async def at_the_image_origin(request: Request, service: ServicePart) -> None:
    """A dependency of what serves images; raises `PictureRefused` (404) when they are asked for elsewhere."""
    if service.settings.image_origin is not None and not _is_the_image_host(request, service.settings.image_origin):
        raise PictureRefused(404, "Images are served elsewhere.")


async def at_the_api_origin(request: Request, service: ServicePart) -> None:
    """A dependency of all that does not serve images; raises `ApiProblem` (404) at the images' origin."""
    if service.settings.image_origin is not None and _is_the_image_host(request, service.settings.image_origin):
        raise ApiProblem(ErrorCode.NOT_FOUND, "Only images are served here.")


def _is_the_image_host(request: Request, image_origin: str) -> bool:
    return request.headers.get("host", "") == urlsplit(image_origin).netloc
