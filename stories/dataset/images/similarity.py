"""How alike pictures are. The seam behind which palettes may give way to embeddings, ours or somebody else's.

What a picture looks like is taken when it is decoded anyway, as a short text that stays in the story's sidecar; all
comparisons are between such texts. Palettes cost 0.8 ms a picture. On stories of the studio, the palette of a
character was found again in 0.91 to 1.0 of the scenes that show it, and in those of other stories in half the cases in
less than 0.76 (73 and 613 pairs, 2026-11).
"""

import math
from collections.abc import Sequence
from pathlib import Path
from pkgutil import resolve_name
from typing import Protocol, cast, runtime_checkable

from PIL import Image

from stories.errors import ConfigurationError

_SIDE = 64
_RING = 4
_LEVELS_SHIFT = 6  # four levels of each channel: 64 colours
_COLOURS = 64
_BACKGROUND_SHARE = 0.04
"""A colour that has so much of the rim of a reference is its background."""
_ENOUGH_SHARE = 0.004
"""So much of a scene, some 50 x 50 of 768 x 768 pixels, is enough to say that a colour is in it."""

_Shares = list[float]


@runtime_checkable
class Likeness(Protocol):
    """Looks at pictures, and says from 0 to 1 how alike two looks are; a look that is empty is like nothing."""

    def look(self, image: Image.Image) -> str:
        """What is kept of a decoded picture. May not change it."""
        ...

    def of_character(self, reference: str, scene: str) -> float | None:
        """How much of the character on the reference is in the scene; None when it cannot be told."""
        ...

    def of_style(self, look: str, others: Sequence[str]) -> float | None:
        """How much like the other pictures of its story one is; None when it cannot be told."""
        ...


class Palettes:
    """Looks at colours alone: 64 of them, in the whole picture and on its rim."""

    def look(self, image: Image.Image) -> str:
        """256 hex digits: a byte for the share of each colour, in the picture and then on its rim."""
        small = image.convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BOX, reducing_gap=2)
        coarse = small.point([level >> _LEVELS_SHIFT for level in range(256)] * 3)
        rims = [
            coarse.crop(box) for box in ((0, 0, _SIDE, _RING), (0, 0, _RING, _SIDE), (_SIDE - _RING, 0, _SIDE, _SIDE))
        ]  # not the lower one: characters stand on it
        return _encoded(_shares([coarse])) + _encoded(_shares(rims))

    def of_character(self, reference: str, scene: str) -> float | None:
        """The share of the character's colours, its reference's without the background, that are in the scene."""
        (whole, rim), (there, _) = _decoded(reference), _decoded(scene)
        own = [share if rim[colour] < _BACKGROUND_SHARE else 0.0 for colour, share in enumerate(whole)]
        total = sum(own)
        if not total or not any(there):
            return None
        found = sum(share * min(1.0, there[colour] / _ENOUGH_SHARE) for colour, share in enumerate(own))
        return found / total

    def of_style(self, look: str, others: Sequence[str]) -> float | None:
        """What the colours have in common with the mean of the other pictures."""
        palettes = [palette for palette, _ in map(_decoded, others) if any(palette)]
        own, _ = _decoded(look)
        if not palettes or not any(own):
            return None
        mean = [sum(palette[colour] for palette in palettes) / len(palettes) for colour in range(_COLOURS)]
        return sum(min(share, usual) for share, usual in zip(own, mean, strict=True))


PALETTES = Palettes()


def likeness_named(name: str) -> Likeness:
    """`palettes`, embeddings by the encoder in a file `….onnx`, or what the factory `module:factory` makes.

    Raises `ConfigurationError` when there is no such file or factory, or what it makes cannot compare.
    """
    if name == "palettes":
        return PALETTES
    if name.endswith(".onnx"):
        try:
            from stories.dataset.images.embeddings import read_embeddings  # noqa: PLC0415 - an extra

            return read_embeddings(Path(name))
        except ImportError as exc:
            raise ConfigurationError(
                f"images.likeness {name}: an encoder needs an extra: pip install 'depicta-stories[similarity]'"
            ) from exc
        except ConfigurationError as exc:
            raise ConfigurationError(f"images.likeness {name}: {exc}") from exc
    try:
        made = resolve_name(name)()
    except (ImportError, AttributeError, ValueError, TypeError) as exc:
        raise ConfigurationError(
            f"images.likeness {name!r}: module:factory is expected, of a module that is installed ({exc})"
        ) from exc
    if not isinstance(made, Likeness):
        raise ConfigurationError(f"images.likeness {name!r}: it has no look, of_character and of_style")
    return made


def _shares(pictures: Sequence[Image.Image]) -> _Shares:
    shares = [0.0] * _COLOURS
    pixels = sum(picture.width * picture.height for picture in pictures)
    for picture in pictures:
        for count, colour in picture.getcolors(_COLOURS) or ():
            red, green, blue = cast("tuple[int, int, int]", colour)
            shares[red << 4 | green << 2 | blue] += count / pixels
    return shares


def _encoded(shares: _Shares) -> str:
    """By their roots, so that small shares keep their digits."""
    return bytes(min(255, round(255 * math.sqrt(share))) for share in shares).hex()


def _decoded(look: str) -> tuple[_Shares, _Shares]:
    """Of the picture and its rim; without colours for a look that is none of ours."""
    try:
        content = bytes.fromhex(look)
    except ValueError:
        content = b""
    if len(content) != 2 * _COLOURS:
        return [0.0] * _COLOURS, [0.0] * _COLOURS
    shares = [(value / 255) ** 2 for value in content]
    return shares[:_COLOURS], shares[_COLOURS:]
