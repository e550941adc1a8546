"""`GET /v1/account/profile` and `GET /v1/models`: the account's money, and the models that it can use."""

from fastapi import APIRouter

from stories.api.wire import MODELS_PATH, PROFILE_PATH
from studio.api.requests import Caller, ServicePart
from studio.api.schema import ModelBody, ModelsBody, ProfileBody, UserBody, refusals
from studio.work import accounts
from studio.work.accounts import eur_text, micro_eur
from studio.work.storyboards import LONG_SIDES

router = APIRouter()


@router.get(PROFILE_PATH, responses=refusals())
async def profile(service: ServicePart, caller: Caller) -> ProfileBody:
    """Return the balance, and the part of it that is held for unfinished jobs."""
    funds = accounts.funds_of(service.database.reader, caller.account_id)
    user = UserBody(
        email=funds.email, balance_eur=eur_text(funds.balance_micro_eur), held_eur=eur_text(funds.held_micro_eur)
    )
    return ProfileBody(user=user)


@router.get(MODELS_PATH, responses=refusals())
async def models(service: ServicePart, _caller: Caller) -> ModelsBody:
    """Return the only model: the studio's own illustrator."""
    illustrator = ModelBody(
        id="depicta-studio",
        name="Depicta studio (drawn offline)",
        can_generate=True,
        can_edit=False,
        image_sizes=list(LONG_SIDES),
        approximate_cost_eur=eur_text(micro_eur(service.settings.price.scene_eur)),
    )
    return ModelsBody(models=[illustrator])
