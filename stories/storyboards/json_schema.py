"""The JSON Schema of a storyboard, for editors and people; `validation` checks the rules that a schema cannot say."""

from stories.api.wire import Storyboard
from stories.storyboards.validation import MAX_PROMPT_CHARACTERS, MAX_SCENES
from stories.strict_json import JsonObject

_NOTES: dict[str, dict[str, JsonObject]] = {
    "Storyboard": {
        "scenes": {"description": "The scenes in the order of the story.", "maxItems": MAX_SCENES},
        "title": {"description": "The title of the story."},
        "style": {
            "description": "The style of every picture, usually a few words.",
            "examples": ["soft watercolor, warm light", "ink drawing with fine hatching", "pixel art"],
        },
        "characters": {"description": "The characters. A character looks the same in every scene that names it."},
        "locations": {"description": "The locations. A location looks the same in every scene that names it."},
    },
    "Scene": {
        "prompt": {
            "description": "The content of the scene: characters, actions, place, time of day, weather.",
            "pattern": r"\S",
            "maxLength": MAX_PROMPT_CHARACTERS,
        },
        "characters": {"description": "The names of the characters that the scene shows."},
        "location": {"description": "The name of the location that the scene is set in."},
    },
    "Cast": {
        "name": {"description": "The name that scenes use; two entries may not share a name."},
        "description": {"description": "The appearance: hair, clothes, colours, materials."},
    },
}


def storyboard_json_schema() -> JsonObject:
    """Return the schema (draft 2020-12). It allows unknown fields everywhere, because they are sent to the service."""
    schema = Storyboard.model_json_schema()
    for model, notes in _NOTES.items():
        described = schema if model == Storyboard.__name__ else schema["$defs"][model]
        for field, note in notes.items():
            described["properties"][field] |= note
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
