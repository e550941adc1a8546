"""The settings of the places: the painter of each, and its effect on the figures in it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from illustrator.places import beyond, indoors, strongholds, town, waters, wilds
from illustrator.places.stage import Stage
from illustrator.scene import Place, Season

Painter = Callable[[Stage], None]


class Ground(Enum):
    """The ground under the feet."""

    FIRM = 1
    WATER = 2
    NOTHING = 3


@dataclass(frozen=True)
class Setting:
    """The setting of a place: `paint` draws behind the figures, `front` before them.

    Without `has_sky`, `paint` draws the sky too. `season` is the one season of a place that has no others; None has all
    four.
    """

    paint: Painter
    front: Painter | None = None
    is_indoors: bool = False
    has_sky: bool = True
    ground: Ground = Ground.FIRM
    season: Season | None = None


def _inside(paint: Painter) -> Setting:
    return Setting(paint, is_indoors=True, has_sky=False)


SETTINGS: dict[Place, Setting] = {
    Place.LIBRARY: _inside(indoors.book_room),
    Place.BEDROOM: _inside(indoors.bedroom),
    Place.KITCHEN: _inside(indoors.kitchen),
    Place.LIVING_ROOM: _inside(indoors.living_room),
    Place.ATTIC: _inside(indoors.attic),
    Place.CLASSROOM: _inside(indoors.classroom),
    Place.WORKSHOP: _inside(indoors.workshop),
    Place.LABORATORY: _inside(indoors.laboratory),
    Place.INN: _inside(indoors.inn),
    Place.SHOP: _inside(indoors.shop),
    Place.CASTLE: Setting(strongholds.castle),
    Place.THRONE_ROOM: _inside(strongholds.throne_room),
    Place.TEMPLE: Setting(strongholds.temple),
    Place.RUINS: Setting(strongholds.ruins),
    Place.CAVE: _inside(wilds.cave),
    Place.VILLAGE: Setting(town.village),
    Place.CITY_STREET: Setting(town.city_street),
    Place.MARKET: Setting(town.market),
    Place.STATION: Setting(town.station),
    Place.ROOFTOP: Setting(town.rooftop),
    Place.BRIDGE: Setting(town.bridge),
    Place.HARBOUR: Setting(town.harbour),
    Place.SHIP: Setting(waters.ship, season=Season.SUMMER),
    Place.SEA: Setting(waters.sea, front=waters.sea_front, ground=Ground.WATER, season=Season.SUMMER),
    Place.BEACH: Setting(waters.beach, season=Season.SUMMER),
    Place.RIVER: Setting(waters.river),
    Place.LAKE: Setting(waters.lake),
    Place.ISLAND: Setting(waters.island, season=Season.SUMMER),
    Place.FOREST: Setting(wilds.forest),
    Place.JUNGLE: Setting(wilds.jungle, season=Season.SUMMER),
    Place.MEADOW: Setting(wilds.meadow),
    Place.GARDEN: Setting(wilds.garden),
    Place.FARM: Setting(wilds.farm),
    Place.MOUNTAINS: Setting(wilds.mountain_pass),
    Place.DESERT: Setting(wilds.desert, season=Season.SUMMER),
    Place.SNOWFIELD: Setting(wilds.snowfield, season=Season.WINTER),
    Place.SWAMP: Setting(waters.swamp),
    Place.SKY: Setting(beyond.sky, ground=Ground.NOTHING, season=Season.SUMMER),
    Place.SPACE: Setting(beyond.space, has_sky=False, ground=Ground.NOTHING, season=Season.SUMMER),
    Place.MOON: Setting(beyond.moon, has_sky=False, season=Season.SUMMER),
    Place.UNDERWATER: Setting(waters.underwater, has_sky=False, ground=Ground.NOTHING, season=Season.SUMMER),
}
