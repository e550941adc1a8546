"""The account and what it can use: profile and models."""

from fastapi import APIRouter
from starlette.responses import JSONResponse

from stories.wire import MODELS_PATH, PROFILE_PATH
from studio import accounts
from studio.money import eur_text, micro_eur
from studio.service import Caller, ServicePart

router = APIRouter()


@router.get(PROFILE_PATH)
async def profile(service: ServicePart, caller: Caller) -> JSONResponse:
    """The balance, and how much of it is held for jobs that are not finished."""
    funds = accounts.funds_of(service.database.reader, caller.account_id)
    user = {
        "email": funds.email,
        "balance_eur": eur_text(funds.balance_micro_eur),
        "held_eur": eur_text(funds.held_micro_eur),
    }
    return JSONResponse({"user": user})


@router.get(MODELS_PATH)
async def models(service: ServicePart, _caller: Caller) -> JSONResponse:
    """The one model there is: the studio's own illustrator."""
    illustrator = {
        "id": "depicta-studio",
        "name": "Depicta studio (drawn offline)",
        "can_generate": True,
        "can_edit": False,
        "image_sizes": ["1K"],
        "approximate_cost_eur": eur_text(micro_eur(service.settings.price.scene_eur)),
    }
    return JSONResponse({"models": [illustrator]})
