"""Storyboards as documents, in the form that the illustrator draws."""

from illustrator.storyboard import Storyboard
from stories.api import wire
from studio.work.storyboards import illustrator_storyboard


def illustrator_input(document: object) -> Storyboard:
    """Return a storyboard document as the studio hands it to the illustrator."""
    return illustrator_storyboard(wire.Storyboard.model_validate(document))
