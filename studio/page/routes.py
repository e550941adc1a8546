"""The web page at `/`, which shows an account's stories while they are drawn, and the sign-in to it.

The server renders the page, and its one script replaces the parts that have changed; nothing is loaded from another
host. The cookie of a signed-in browser does not open the API.
"""

from functools import cache
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse

from studio.api.polling import urls_of
from studio.api.requests import ServicePart
from studio.page.sessions import SESSION_SECONDS
from studio.page.strips import strip_of
from studio.service import Service
from studio.work import accounts, jobs
from studio.work.accounts import eur_text

SIGN_IN_PATH = "/sign-in"
STORIES_ON_A_PAGE = 20
_FILES = Path(__file__).with_name("files")
_MAX_FORM_BYTES = 4096

router = APIRouter(include_in_schema=False)


async def visitor_of(request: Request, service: ServicePart) -> str | None:
    """Return the account whose page this browser may see, or None before it has signed in."""
    return service.sessions.account_of_cookie(request.cookies.get(_cookie_name(request), ""))


Visitor = Annotated[str | None, Depends(visitor_of)]


@router.get("/")
async def show_stories(
    request: Request, service: ServicePart, visitor: Visitor, before: Annotated[int | None, Query(ge=1)] = None
) -> HTMLResponse:
    """Show the newest stories; with `before`, the stories older than the job of that number."""
    if visitor is None:
        return _rendered(service, "sign_in.html", 401, refused=False)
    reader = service.database.reader
    found = jobs.newest(reader, account_id=visitor, before=before, limit=STORIES_ON_A_PAGE + 1)
    shown = found[:STORIES_ON_A_PAGE]
    funds = accounts.funds_of(reader, visitor)
    return _rendered(
        service,
        "stories.html",
        strips=[strip_of(job, urls_of(job, request, service)) for job in shown],
        older=shown[-1].number if len(found) > len(shown) else None,
        is_first=before is None,
        balance_eur=eur_text(funds.balance_micro_eur),
        held_eur=eur_text(funds.held_micro_eur) if funds.held_micro_eur else None,
        api_url=f"{request.url.scheme}://{request.url.netloc}",
    )


@router.get(SIGN_IN_PATH)
async def sign_in_with_link(request: Request, service: ServicePart, token: str = "") -> HTMLResponse:
    """Sign in with the link that `serve` prints; a link works once."""
    account_id = service.sessions.account_of_token(token)
    return _signed_in(request, service, account_id)


@router.post(SIGN_IN_PATH)
async def sign_in_with_key(request: Request, service: ServicePart) -> HTMLResponse:
    """Sign in with the API key."""
    from_elsewhere = request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}
    if from_elsewhere or int(request.headers.get("content-length", _MAX_FORM_BYTES + 1)) > _MAX_FORM_BYTES:
        return _rendered(service, "sign_in.html", 403, refused=True)
    key = (await request.form()).get("key", "")
    account = accounts.account_of_key(service.database.reader, key.strip()) if isinstance(key, str) else None
    return _signed_in(request, service, None if account is None else account.account_id)


@router.get("/page.css")
@router.get("/page.js")
@router.get("/page.svg")
async def fetch_page_file(request: Request) -> FileResponse:
    """Return the style, the script or the icon of the page; none of them is secret."""
    return FileResponse(_FILES / request.url.path.removeprefix("/"))


def _signed_in(request: Request, service: Service, account_id: str | None) -> HTMLResponse:
    if account_id is None:
        return _rendered(service, "sign_in.html", 403, refused=True)
    # This answer loads the page itself: after a redirect from another site the strict cookie would not be sent.
    answer = _rendered(service, "signed_in.html")
    answer.set_cookie(
        _cookie_name(request),
        service.sessions.new_cookie(account_id),
        max_age=SESSION_SECONDS,
        httponly=True,
        samesite="strict",
    )
    return answer


def _cookie_name(request: Request) -> str:
    """Return a name with the port: a browser shares cookies among all ports of a host, which may have two studios."""
    return f"studio-{request.url.port or 80}"


def _rendered(service: Service, template: str, status_code: int = 200, **values: object) -> HTMLResponse:
    text = _templates().get_template(template).render(values)
    images = f"'self' {service.settings.image_origin or ''}".rstrip()
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; "
        f"img-src {images}; base-uri 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(text, status_code, headers={"Content-Security-Policy": policy})


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(_FILES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
