"""The account and what it can use: profile and models."""

from fastapi import APIRouter

from stories.api.wire import MODELS_PATH, PROFILE_PATH
from studio import accounts
from studio.money import eur_text, micro_eur
from studio.picture_size import LONG_SIDES
from studio.schema import ModelBody, ModelsBody, ProfileBody, UserBody, refusals
from studio.service import Caller, ServicePart

router = APIRouter()


@router.get(PROFILE_PATH, responses=refusals())
async def profile(service: ServicePart, caller: Caller) -> ProfileBody:
    """The balance, and how much of it is held for jobs that are not finished."""
    funds = accounts.funds_of(service.database.reader, caller.account_id)
    user = UserBody(
        email=funds.email, balance_eur=eur_text(funds.balance_micro_eur), held_eur=eur_text(funds.held_micro_eur)
    )
    return ProfileBody(user=user)


@router.get(MODELS_PATH, responses=refusals())
async def models(service: ServicePart, _caller: Caller) -> ModelsBody:
    """The one model there is: the studio's own illustrator."""
    illustrator = ModelBody(
        id="depicta-studio",
        name="Depicta studio (drawn offline)",
        can_generate=True,
        can_edit=False,
        image_sizes=list(LONG_SIDES),
        approximate_cost_eur=eur_text(micro_eur(service.settings.price.scene_eur)),
    )
    return ModelsBody(models=[illustrator])
