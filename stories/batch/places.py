"""Whether a run's source and target are places that go together, before anything is started for them."""

from stories.errors import ConfigurationError, SourceUnreadable, TargetUnusable
from stories.storage.location import open_location
from stories.storyboards.source_files import find_files


def check_places(source: str, target: str) -> None:
    """Raise what is wrong with the places themselves: `SourceUnreadable`, `TargetUnusable`, or `ConfigurationError`.

    Lists the source and writes nothing: whether the target can be written is proven when there is something to write.
    """
    place = open_location(target, refusal=TargetUnusable).url
    _refuse_target_in_source(source, place)
    find_files(source, None)


def _refuse_target_in_source(source: str, place: str) -> None:
    """The next run would read the sidecars of a target that the source's listing descends into as storyboards."""
    fixed, wildcard, _ = source.partition("*")
    if wildcard and "**" not in source:
        return
    root = open_location(fixed.rstrip("/") or ".", refusal=SourceUnreadable).url
    if f"{place}/".startswith(f"{root}/"):
        raise ConfigurationError(f"the target {place} lies inside the source {source}; choose a place outside of it")
