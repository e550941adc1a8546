from decimal import Decimal

import pytest

from stories.api.wire import Model
from stories.ledger.prices import PriceList
from stories.storyboards.story import Story, identify

MODELS = [
    Model(id="cheap", approximate_cost_eur=Decimal("0.01")),
    Model(id="dear", approximate_cost_eur=Decimal("0.25")),
    Model(id="free", approximate_cost_eur=Decimal(0)),
    Model(id="upscaler", can_generate=False, approximate_cost_eur=Decimal(9)),
    Model(id="silent"),
]


def story(model: object = None) -> Story:
    document = {
        "scenes": [{"prompt": "a"}, {"prompt": "b"}],
        "characters": [{"name": "M"}],
        "locations": [{"name": "L"}],
    }
    return identify(document if model is None else {**document, "model": model}, sample=0, source_uris=[])  # type: ignore[dict-item] # JSON by construction


@pytest.mark.parametrize(
    ("model", "price_eur"),
    [
        (None, "1.00"),
        ("cheap", "0.04"),
        ("free", "0"),
        ("unheard-of", "1.00"),
        ("silent", "1.00"),
        ({"id": "x"}, "1.00"),
    ],
)
def test_a_story_costs_its_scenes_and_references_at_its_model_or_the_dearest(model: object, price_eur: str) -> None:
    assert PriceList.of(MODELS, None).price_eur(story(model)) == Decimal(price_eur)


def test_a_price_that_is_set_goes_for_every_model() -> None:
    assert PriceList.of(MODELS, Decimal("0.50")).price_eur(story("cheap")) == Decimal("2.00")


def test_without_any_price_a_story_is_free() -> None:
    prices = PriceList.of([], None)
    assert prices.dearest_eur is None
    assert prices.price_eur(story()) == 0
