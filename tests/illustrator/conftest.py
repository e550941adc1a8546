import pytest

from illustrator.explanation import ExplainedScene, explain
from tests.doubles.illustrator_input import illustrator_input
from tests.doubles.scene_ideas import CHARACTERS, Understand


@pytest.fixture
def understand() -> Understand:
    """Explain a prompt, in a story of Aria, Milo and Bo unless other fields are given."""

    def explained(prompt: str, **fields: object) -> ExplainedScene:
        document = {"characters": CHARACTERS, **fields, "scenes": [{"prompt": prompt}]}
        return explain(illustrator_input(document))[0]

    return explained
