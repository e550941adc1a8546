import pytest

from illustrator.explanation import ExplainedScene, explain
from stories.api.wire import Storyboard
from tests.doubles.scene_ideas import CHARACTERS, Understand


@pytest.fixture
def understand() -> Understand:
    """What a prompt is understood to show, in a story of Aria, Milo and Bo unless other fields are given."""

    def explained(prompt: str, **fields: object) -> ExplainedScene:
        document = {"characters": CHARACTERS, **fields, "scenes": [{"prompt": prompt}]}
        return explain(Storyboard.model_validate(document))[0]

    return explained
