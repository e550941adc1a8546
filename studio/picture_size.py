"""How large a scene is drawn: what its storyboard asks for, or what the studio was started with."""

from studio.intake import AcceptedStoryboard

LONG_SIDES = {"1K": 1024, "2K": 2048, "4K": 2048}
"""Pixels of the longer side; the illustrator draws no more than 2048."""
_MULTIPLE = 16  # as image models have it


def scene_size(storyboard: AcceptedStoryboard, default: tuple[int, int]) -> tuple[int, int]:
    """Width and height in pixels."""
    ratio, size = storyboard.aspect_ratio, storyboard.image_size
    if ratio is None and size is None:
        return default
    across, down = map(int, (ratio or "1:1").split(":"))
    long_side = LONG_SIDES.get(size or "", max(default))
    return _rounded(long_side * across / max(across, down)), _rounded(long_side * down / max(across, down))


def _rounded(pixels: float) -> int:
    return max(_MULTIPLE, round(pixels / _MULTIPLE) * _MULTIPLE)
