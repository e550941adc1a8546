"""The page at `/`: the account's stories, as they are drawn. For people; programs have the API.

It is made on the server, its one script swaps what has changed, and nothing of it comes from another host. The cookie
that lets a browser see it opens nothing of the API.
"""

from functools import cache
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse

from studio import accounts, jobs
from studio.money import eur_text
from studio.polling import urls_of
from studio.service import Service, ServicePart
from studio.sessions import SESSION_SECONDS
from studio.strips import strip_of

SIGN_IN_PATH = "/sign-in"
STORIES_ON_A_PAGE = 20
_FILES = Path(__file__).with_name("page_files")
_MAX_FORM_BYTES = 4096

router = APIRouter(include_in_schema=False)


async def visitor_of(request: Request, service: ServicePart) -> str | None:
    """The account whose page this browser may see, None before it has signed in."""
    return service.sessions.account_of_cookie(request.cookies.get(_cookie_name(request), ""))


Visitor = Annotated[str | None, Depends(visitor_of)]


@router.get("/")
async def show_stories(
    request: Request, service: ServicePart, visitor: Visitor, before: Annotated[int | None, Query(ge=1)] = None
) -> HTMLResponse:
    """The newest stories, or those that are older than the job with this number."""
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
async def follow_link(request: Request, service: ServicePart, token: str = "") -> HTMLResponse:
    """Sign in with the link that was printed at the start; it is good once."""
    account_id = service.sessions.account_of_token(token)
    return _signed_in(request, service, account_id)


@router.post(SIGN_IN_PATH)
async def give_key(request: Request, service: ServicePart) -> HTMLResponse:
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
    """The style, the script and the icon of the page: there is nothing secret in them."""
    return FileResponse(_FILES / request.url.path.removeprefix("/"))


def _signed_in(request: Request, service: Service, account_id: str | None) -> HTMLResponse:
    if account_id is None:
        return _rendered(service, "sign_in.html", 403, refused=True)
    # The page is asked for by this one, not by a redirect: the cookie is not sent where a link of another site leads.
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
    """A browser keeps one jar for all ports of a host, and there may be two studios."""
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
