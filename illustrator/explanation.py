"""The explanation of a storyboard, scene by scene, as `depicta studio explain` prints it."""

from pydantic import BaseModel, ConfigDict

from illustrator.ideas import idea_of_scene
from illustrator.scene import Action, Camera, Mood, Place, SceneIdea, Season, Time, Weather
from illustrator.storyboard import Storyboard


class ExplainedCharacter(BaseModel):
    """A character of the storyboard in a scene."""

    model_config = ConfigDict(frozen=True)

    name: str
    mood: Mood
    action: Action
    holds: str | None


class ExplainedScene(BaseModel):
    """The understood content of a scene. The fields are the keys of the command's document."""

    model_config = ConfigDict(frozen=True)

    place: Place
    season: Season
    time: Time
    weather: Weather
    props: dict[str, int]
    characters: tuple[ExplainedCharacter, ...]
    extras: dict[str, int]
    camera: Camera
    not_understood: tuple[str, ...]

    def lines(self) -> tuple[str, ...]:
        """Return the explanation as lines of text."""
        lines = [f"{self.place}, {self.season}, {self.time}, {self.weather}, seen {_SEEN[self.camera]}"]
        for each in self.characters:
            holds = f", holds: {each.holds}" if each.holds else ""
            lines.append(f"{each.name}: {each.mood}, {each.action}{holds}")
        for title, counts in (("extras", self.extras), ("props", self.props)):
            if counts:
                lines.append(f"{title}: " + ", ".join(f"{count} × {name}" for name, count in counts.items()))
        if self.not_understood:
            lines.append("not understood: " + ", ".join(self.not_understood))
        return tuple(lines)


_SEEN = {
    Camera.MEDIUM: "from the middle distance",
    Camera.CLOSE_UP: "close up",
    Camera.WIDE: "from afar",
    Camera.FROM_ABOVE: "from above",
}


def explain(storyboard: Storyboard) -> list[ExplainedScene]:
    """Return the explanation of every scene, in their order."""
    return [_explained(idea_of_scene(storyboard, index)) for index in range(len(storyboard.scenes))]


def _explained(idea: SceneIdea) -> ExplainedScene:
    words = idea.words
    return ExplainedScene(
        place=idea.place,
        season=idea.season,
        time=idea.time,
        weather=idea.weather,
        props={words.get(name, name): count for name, count in idea.props.items()},
        characters=tuple(
            ExplainedCharacter(
                name=each.name, mood=each.mood, action=each.action, holds=words.get(each.holds or "", each.holds)
            )
            for each in idea.figures
            if each.name
        ),
        extras=dict(idea.extras),
        camera=idea.camera,
        not_understood=idea.not_understood,
    )
