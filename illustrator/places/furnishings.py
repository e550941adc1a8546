"""The furniture that a place always shows, so that it is not drawn again for a storyboard that mentions it."""

from illustrator.scene import Place

_SKY = {"cloud", "moon", "sun", "star"}
_ROOM = {"window", "door", "curtain", "wall"}
_IN_WINDOW = {"moon", "sun"}
_SEATS: dict[Place, tuple[str, ...]] = {
    Place.LIBRARY: ("armchair",),
    Place.KITCHEN: ("chair",),
    Place.LIVING_ROOM: ("sofa",),
    Place.CLASSROOM: ("chair",),
    Place.WORKSHOP: ("stool",),
    Place.LABORATORY: ("stool",),
    Place.INN: ("bench",),
    Place.SHOP: ("stool",),
    Place.ATTIC: ("suitcase",),
    Place.THRONE_ROOM: ("throne", "stairs"),
    Place.TEMPLE: ("stairs",),
    Place.CAVE: ("rock",),
    Place.STATION: ("bench",),
    Place.CITY_STREET: ("bench",),
    Place.FARM: ("hay bale",),
    Place.SHIP: ("barrel",),
}
_BEDS: dict[Place, tuple[str, ...]] = {
    Place.BEDROOM: ("bed",),
    Place.INN: ("bed",),
    Place.LIVING_ROOM: ("sofa",),
    Place.LIBRARY: ("armchair",),
    Place.CLASSROOM: ("chair",),
    Place.STATION: ("bench",),
    Place.CITY_STREET: ("bench",),
    Place.SHIP: ("hammock",),
}
_TABLES = {Place.CLASSROOM: "desk", Place.INN: "table"}
_OWN: dict[Place, str] = {
    Place.LIBRARY: "shelf, ladder",
    Place.BEDROOM: "bed, shelf",
    Place.KITCHEN: "oven, shelf, sink",
    Place.LIVING_ROOM: "fireplace, campfire, sofa, armchair, clock, painting",
    Place.ATTIC: "cobweb",
    Place.CLASSROOM: "chalkboard, desk, table, globe, map, shelf",
    Place.WORKSHOP: "anvil",
    Place.LABORATORY: "control panel, lamp",
    Place.INN: "fireplace, campfire, table",
    Place.SHOP: "shelf, table, desk",
    Place.CASTLE: "tower, flag, door, bridge, wall",
    Place.THRONE_ROOM: "throne, banner, stairs, pillar, carpet, chandelier, torch",
    Place.TEMPLE: "pillar, stairs, torch",
    Place.RUINS: "pillar, wall, tower",
    Place.CAVE: "crystal, gem, pond, rock",
    Place.VILLAGE: "house, fence",
    Place.CITY_STREET: "house, lamp post, tower",
    Place.MARKET: "market stall, lantern, house",
    Place.STATION: "train, clock, bench, lamp post, railway track",
    Place.ROOFTOP: "chimney, bedsheet, plant, flower pot, rope",
    Place.BRIDGE: "bridge, lamp post, wall",
    Place.HARBOUR: "lighthouse, house, anchor, sailboat, fishing net",
    Place.SHIP: "ship, mast, sail, wheel",
    Place.SEA: "wave",
    Place.BEACH: "wave, shell, crab, starfish, palm tree, beach umbrella, rock",
    Place.ISLAND: "palm tree, shell",
    Place.FOREST: "tree, mushroom, pine tree",
    Place.JUNGLE: "tree, palm tree, flower, plant",
    Place.MEADOW: "flower",
    Place.GARDEN: "fence, flower, plant, flower pot",
    Place.FARM: "fence, windmill, hay bale",
    Place.MOUNTAINS: "rock, pine tree",
    Place.DESERT: "cactus, pyramid",
    Place.SNOWFIELD: "snowdrift, pine tree",
    Place.SPACE: "planet, comet, satellite",
    Place.MOON: "crater, satellite dish, rock",
    Place.UNDERWATER: "coral, fish, bubble, shell",
}


def shows_anyway(place: Place, thing: str, *, is_indoors: bool) -> bool:
    """Return True if the place always shows a thing of this name."""
    has_window = is_indoors and place is not Place.CAVE
    return (
        thing in (_ROOM if is_indoors else _SKY)
        or (has_window and thing in _IN_WINDOW)
        or thing in _OWN.get(place, "").split(", ")
    )


def seat_of(place: Place) -> tuple[str, ...]:
    """Return the seats that a place has of its own, the best first."""
    return _SEATS.get(place, ())


def bed_of(place: Place) -> tuple[str, ...]:
    """Return the beds that a place has of its own, the best first."""
    return _BEDS.get(place, ())


def table_of(place: Place) -> str | None:
    """Return the table that a place has for everyone who sits there, or None."""
    return _TABLES.get(place)
