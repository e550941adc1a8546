"""The JSON Schema of a storyboard, for editors and for people; what it cannot say, `validation` checks."""

from stories.api.wire import Storyboard
from stories.storyboards.validation import MAX_PROMPT_CHARACTERS, MAX_SCENES
from stories.strict_json import JsonObject

_NOTES: dict[str, dict[str, JsonObject]] = {
    "Storyboard": {
        "scenes": {"description": "The scenes in the order of the story.", "maxItems": MAX_SCENES},
        "title": {"description": "The title of the story."},
        "style": {
            "description": "How every scene is drawn, usually a few words.",
            "examples": ["soft watercolor, warm light", "ink drawing with fine hatching", "pixel art"],
        },
        "characters": {"description": "Who appears. A character looks the same in every scene that names it."},
        "locations": {"description": "Where it happens. A location looks the same in every scene that names it."},
    },
    "Scene": {
        "prompt": {
            "description": "What the scene shows: who, doing what, where, at what time of day, in what weather.",
            "pattern": r"\S",
            "maxLength": MAX_PROMPT_CHARACTERS,
        },
        "characters": {"description": "The names of the characters that the scene shows."},
        "location": {"description": "The name of the location that the scene is set in."},
    },
    "Cast": {
        "name": {"description": "The name that scenes use; each name once."},
        "description": {"description": "What it looks like: hair, clothes, colours, materials."},
    },
}


def storyboard_json_schema() -> JsonObject:
    """Draft 2020-12. Fields that it does not name are allowed everywhere, for they are passed on to the service."""
    schema = Storyboard.model_json_schema()
    for model, notes in _NOTES.items():
        described = schema if model == Storyboard.__name__ else schema["$defs"][model]
        for field, note in notes.items():
            described["properties"][field] |= note
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
