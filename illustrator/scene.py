"""The idea of a scene: the content of a picture after its storyboard is understood.

Reading fills these records and drawing uses nothing else. The words here are those of `depicta studio explain`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Color = tuple[int, int, int]


class Place(StrEnum):
    """The place of a scene."""

    LIBRARY = "library"
    BEDROOM = "bedroom"
    KITCHEN = "kitchen"
    LIVING_ROOM = "living room"
    ATTIC = "attic"
    CLASSROOM = "classroom"
    WORKSHOP = "workshop"
    LABORATORY = "laboratory"
    INN = "inn"
    SHOP = "shop"
    CASTLE = "castle"
    THRONE_ROOM = "throne room"
    TEMPLE = "temple"
    RUINS = "ruins"
    CAVE = "cave"
    VILLAGE = "village"
    CITY_STREET = "city street"
    MARKET = "market"
    STATION = "station"
    ROOFTOP = "rooftop"
    BRIDGE = "bridge"
    HARBOUR = "harbour"
    SHIP = "ship"
    SEA = "sea"
    BEACH = "beach"
    RIVER = "river"
    LAKE = "lake"
    ISLAND = "island"
    FOREST = "forest"
    JUNGLE = "jungle"
    MEADOW = "meadow"
    GARDEN = "garden"
    FARM = "farm"
    MOUNTAINS = "mountains"
    DESERT = "desert"
    SNOWFIELD = "snowfield"
    SWAMP = "swamp"
    SKY = "sky"
    SPACE = "space"
    MOON = "moon"
    UNDERWATER = "underwater"


class Time(StrEnum):
    """The time of day."""

    DAWN = "dawn"
    DAY = "day"
    SUNSET = "sunset"
    EVENING = "evening"
    NIGHT = "night"


class Season(StrEnum):
    """The season, outdoors where the year has four."""

    SPRING = "spring"
    SUMMER = "summer"
    AUTUMN = "autumn"
    WINTER = "winter"


class Moon(StrEnum):
    """The phase of the moon in the sky of an evening or a night."""

    CRESCENT = "crescent"
    HALF = "half"
    FULL = "full"
    NEW = "new"


class Weather(StrEnum):
    """The weather; indoors the windows show it."""

    CLEAR = "clear"
    CLOUDY = "cloudy"
    RAIN = "rain"
    STORM = "storm"
    SNOW = "snow"
    FOG = "fog"
    WIND = "wind"


class Mood(StrEnum):
    """The mood of a figure."""

    CALM = "calm"
    HAPPY = "happy"
    SAD = "sad"
    SCARED = "scared"
    ANGRY = "angry"
    SURPRISED = "surprised"
    SLEEPY = "sleepy"
    PROUD = "proud"


class Action(StrEnum):
    """The action of a figure."""

    STAND = "stand"
    WALK = "walk"
    RUN = "run"
    SIT = "sit"
    SLEEP = "sleep"
    WAVE = "wave"
    CHEER = "cheer"
    POINT = "point"
    HOLD = "hold"
    READ = "read"
    CLIMB = "climb"
    SWIM = "swim"
    FLY = "fly"
    FIGHT = "fight"
    HUG = "hug"


class Camera(StrEnum):
    """The camera's view of a scene."""

    MEDIUM = "medium"
    CLOSE_UP = "close-up"
    WIDE = "wide"
    FROM_ABOVE = "from above"


class Style(StrEnum):
    """The style of the drawing, which never changes its content."""

    WATERCOLOR = "watercolor"
    INK = "ink"
    FLAT = "flat"
    COMIC = "comic"
    PIXEL = "pixel"
    PAPER_CUT = "paper cut"


class Species(StrEnum):
    """The species of a figure."""

    HUMAN = "human"
    ROBOT = "robot"
    FOX = "fox"
    CAT = "cat"
    DOG = "dog"
    WOLF = "wolf"
    BEAR = "bear"
    RABBIT = "rabbit"
    MOUSE = "mouse"
    OWL = "owl"
    BIRD = "bird"
    PENGUIN = "penguin"
    FROG = "frog"
    TURTLE = "turtle"
    HEDGEHOG = "hedgehog"
    PIG = "pig"
    SHEEP = "sheep"
    HORSE = "horse"
    ELEPHANT = "elephant"
    WHALE = "whale"
    DRAGON = "dragon"


class Age(StrEnum):
    """The apparent age of a figure."""

    CHILD = "child"
    ADULT = "adult"
    ELDER = "elder"


class Build(StrEnum):
    """The build of a figure."""

    SLIM = "slim"
    AVERAGE = "average"
    STOUT = "stout"


class Hair(StrEnum):
    """The hairstyle of a human."""

    NONE = "none"
    SHORT = "short"
    LONG = "long"
    CURLY = "curly"
    BRAIDS = "braids"
    BUN = "bun"
    PONYTAIL = "ponytail"
    SPIKY = "spiky"


@dataclass(frozen=True)
class Look:
    """The look of a character, decided once from name and description: the same in every scene, style and reference.

    `skin` is fur, feathers, scales or metal for other species; `accent` is the belly, muzzle, beak or trim. `wears`
    maps the kind of a garment or thing worn (`illustrator.wardrobe`) to its colour, undermost first. `height` is
    relative to an adult human, 1.0; `seed` decides details such as freckles.
    """

    species: Species
    age: Age
    build: Build
    height: float
    skin: Color
    accent: Color
    eyes: Color
    hair: Hair
    hair_color: Color
    beard: bool
    moustache: bool
    wears: Mapping[str, Color]
    seed: str


@dataclass(frozen=True)
class Figure:
    """A figure in a scene: a character of the storyboard, or an unnamed extra, whose name is empty.

    `rests_on` is what bears the figure according to the words: the name of a thing of the table, of another character,
    or `ground`.
    """

    name: str
    look: Look
    mood: Mood = Mood.CALM
    action: Action = Action.STAND
    holds: str | None = None
    rests_on: str | None = None


@dataclass(frozen=True)
class SceneIdea:
    """All that a picture shows.

    `props` maps a name (a key of the table of props) to a count, held things included. `extras` maps a kind of unnamed
    person to the count in the words; `figures` holds the characters first and then the extras, a crowd as several
    figures. `words` maps the name of a thing to the prompt's word for it if that differs: a dinghy for a boat. `seed`
    is the scene's own; `backdrop_seed` depends on title and location only, so that a location recurs identically.
    """

    place: Place
    time: Time
    weather: Weather
    style: Style
    camera: Camera
    figures: tuple[Figure, ...]
    seed: str
    backdrop_seed: str
    props: Mapping[str, int] = field(default_factory=dict)
    extras: Mapping[str, int] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    not_understood: tuple[str, ...] = ()
    season: Season = Season.SUMMER
    moon: Moon = Moon.CRESCENT
