"""The pictures of the documentation: `python -m benchmarks.contact_sheet DIRECTORY` draws those of docs/pictures.

`places.webp`: forty scenes, one for each place, with all styles, hours, weathers and seasons in turn; the terminal
lists them. `seasons.webp`: three places in four seasons. `resting.webp`: figures that sleep, sit and ride.
`styles.webp`: one scene in each style. `demo.webp`: the strip of the README, scenes of three example storyboards.
"""

import argparse
import itertools
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from illustrator.casting import look_of
from illustrator.finishes.pictures import picture_of_scene
from illustrator.pictures import draw_scene
from illustrator.places.registry import SETTINGS
from illustrator.scene import Action, Camera, Figure, Mood, Place, SceneIdea, Season, Style, Time, Weather
from stories.api.wire import Cast, Storyboard

DRAWN, GAP, PAPER = 768, 10, (255, 255, 255)
EXAMPLES = Path("examples/storyboards")
STRIP = (("the-lighthouse-cat", (0, 1, 5)), ("the-dumpling-stall", (0, 1, 4)), ("the-key-in-the-well", (0, 1, 3)))
CAST = {
    "Aria": "a girl of nine with brown skin, two black braids, a yellow raincoat and red boots",
    "Milo": "a small orange fox with a blue backpack and a green scarf",
    "Bruno": "a stout old man with fair skin, a white beard, a dark blue coat and a red hat",
    "Bolt": "a friendly teal robot with a striped orange scarf",
    "Nia": "a young knight with dark skin, curly hair, silver armor and a purple cape",
    "Pip": "a grey mouse with a red bow tie",
}
ACTIONS = (
    (Action.WAVE, Mood.HAPPY, None),
    (Action.HOLD, Mood.CALM, "lantern"),
    (Action.RUN, Mood.SCARED, None),
    (Action.CHEER, Mood.PROUD, None),
    (Action.SIT, Mood.SLEEPY, None),
    (Action.READ, Mood.CALM, "book"),
    (Action.POINT, Mood.SURPRISED, None),
    (Action.WALK, Mood.SAD, "umbrella"),
    (Action.STAND, Mood.ANGRY, None),
)
SEASONS = (Season.WINTER, Season.SUMMER, Season.AUTUMN, Season.SPRING)
OUTINGS = (
    (Place.GARDEN, Style.WATERCOLOR, Time.DAY),
    (Place.FOREST, Style.PAPER_CUT, Time.DAWN),
    (Place.VILLAGE, Style.COMIC, Time.EVENING),
)
RESTING = (
    "Aria sleeps in her bed in the bedroom at night, Milo is curled up on a cushion",
    "Bruno sits in an armchair by the fire and reads, Pip sits on a stool",
    "Aria rides Ember, the dragon, over the mountains",
    "Aria, Bolt and Bruno eat soup at the table in the inn",
    "Nia rides a unicorn through the forest at dawn",
    "Milo and Pip paddle a canoe across the lake",
    "Bolt and Aria float over the village in a hot-air balloon at sunset",
    "Bruno sleeps in a hammock on the beach, Milo sits on a rock",
)
EMBER = "a big red dragon with golden wings"
LATER = {Place.UNDERWATER: Action.SWIM, Place.SKY: Action.FLY, Place.SEA: Action.STAND}


def main() -> None:
    """Draw the sheets."""
    parser = argparse.ArgumentParser(description="Draw the pictures of the documentation.")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--cell", type=int, default=250, help="width of each picture in places.webp, in pixels")
    options = parser.parse_args()
    options.directory.mkdir(parents=True, exist_ok=True)
    ideas = list(_every_place())
    for number, idea in enumerate(ideas):
        print(
            f"{number // 8 + 1}.{number % 8 + 1} {idea.place}, {idea.season}, {idea.time}, {idea.weather},",
            f"{idea.style}, {idea.camera}",
        )
    _save(options.directory / "places.webp", [_picture(idea) for idea in ideas], 8, options.cell)
    _save(options.directory / "seasons.webp", [_picture(idea) for idea in _every_season()], 4, 300)
    _save(options.directory / "resting.webp", list(_resting()), 4, 300)
    one = [SceneIdea(**{**vars(_chosen()), "style": style}) for style in Style]
    _save(options.directory / "styles.webp", [_picture(idea) for idea in one], 6, 330)
    _save(options.directory / "demo.webp", list(_strip()), 3, 400)


def _every_place() -> Sequence[SceneIdea]:
    cast = [Figure(name, look_of(Cast(name=name, description=text))) for name, text in CAST.items()]
    weathers, acts = itertools.cycle(Weather), itertools.cycle(ACTIONS)
    cameras = itertools.cycle((Camera.MEDIUM,) * 5 + (Camera.CLOSE_UP, Camera.MEDIUM, Camera.WIDE, Camera.FROM_ABOVE))
    ideas = []
    for number, place in enumerate(place for place in Place if place is not Place.SNOWFIELD):
        figures = []
        for shift in range(1 + number % 3):
            action, mood, holds = next(acts)
            who = cast[(number + shift * 2) % len(cast)]
            figures.append(Figure(who.name, who.look, mood, LATER.get(place, action), holds))
        weather = next(weathers) if number % 2 else Weather.CLEAR
        ideas.append(
            SceneIdea(
                place=place,
                time=list(Time)[(number + 1 + number // 5) % len(Time)],
                weather=weather,
                season=_season_of(place, weather),
                style=list(Style)[number % len(Style)],
                camera=next(cameras),
                figures=tuple(figures),
                seed=f"sheet {number}",
                backdrop_seed=f"sheet {place}",
            )
        )
    return ideas


def _season_of(place: Place, weather: Weather) -> Season:
    """Return the season for a place; places with four seasons get them in turn."""
    turn = [each for each in Place if SETTINGS[each].season is None and not SETTINGS[each].is_indoors]
    if weather is Weather.SNOW:
        return Season.WINTER
    return SEASONS[turn.index(place) % len(SEASONS)] if place in turn else Season.SUMMER


def _every_season() -> Sequence[SceneIdea]:
    looks = {name: look_of(Cast(name=name, description=text)) for name, text in CAST.items()}
    return [
        SceneIdea(
            place=place,
            time=time,
            weather=Weather.CLEAR,
            season=season,
            style=style,
            camera=Camera.MEDIUM,
            figures=(Figure(who, looks[who], Mood.HAPPY, action),),
            seed=f"all year {place}",
            backdrop_seed=f"all year {place}",
        )
        for (place, style, time), who, action in zip(
            OUTINGS, ("Milo", "Aria", "Bolt"), (Action.WALK, Action.WAVE, Action.STAND), strict=True
        )
        for season in Season
    ]


def _resting() -> Sequence[Image.Image]:
    """Draw the scenes of the prompts in `RESTING`, in turn in every style except ink."""
    cast = [{"name": name, "description": text} for name, text in {**CAST, "Ember": EMBER}.items()]
    styles = itertools.cycle(style.value for style in Style if style is not Style.INK)
    storyboards = [
        {"title": "Resting", "style": style, "characters": cast, "scenes": [{"prompt": prompt}]}
        for prompt, style in zip(RESTING, styles, strict=False)
    ]
    size = (DRAWN, DRAWN)
    return [Image.fromarray(draw_scene(Storyboard.model_validate(each), 0, size)) for each in storyboards]


def _chosen() -> SceneIdea:
    cast = {name: look_of(Cast(name=name, description=text)) for name, text in CAST.items()}
    return SceneIdea(
        place=Place.FOREST,
        time=Time.EVENING,
        weather=Weather.CLEAR,
        style=Style.FLAT,
        camera=Camera.MEDIUM,
        figures=(
            Figure("Aria", cast["Aria"], Mood.HAPPY, Action.HOLD, "lantern"),
            Figure("Milo", cast["Milo"], Mood.HAPPY, Action.WAVE),
        ),
        seed="styles",
        backdrop_seed="styles",
        props={"treasure chest": 1},
    )


def _strip() -> Sequence[Image.Image]:
    pictures = []
    for name, chosen in STRIP:
        storyboard = Storyboard.model_validate_json((EXAMPLES / f"{name}.json").read_text(encoding="utf-8"))
        pictures += [Image.fromarray(draw_scene(storyboard, index, (DRAWN, DRAWN))) for index in chosen]
    return pictures


def _picture(idea: SceneIdea) -> Image.Image:
    return Image.fromarray(picture_of_scene(idea, (DRAWN, DRAWN)))


def _save(path: Path, pictures: Sequence[Image.Image], columns: int, cell: int) -> None:
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * (cell + GAP) - GAP, rows * (cell + GAP) - GAP), PAPER)
    for number, picture in enumerate(pictures):
        at = ((number % columns) * (cell + GAP), number // columns * (cell + GAP))
        sheet.paste(picture.resize((cell, cell), Image.Resampling.LANCZOS), at)
    sheet.save(path, quality=82, method=6)
    print(path, path.stat().st_size)


if __name__ == "__main__":
    main()
