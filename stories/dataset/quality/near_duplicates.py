"""Near-duplicates: pictures that are nearly the same, found by their difference hashes."""

from collections import defaultdict

NEAR_BITS = 6
"""Number of bits up to which two hashes count as near.

Hashes of one picture in two encodings differ in 0 to 3 of 64 bits; those of different scenes of one story in 8 or more,
and of different stories in 15 or more (stories of the studio, 2026-11).
"""

_BANDS = NEAR_BITS + 1
"""Hashes that differ in at most 6 bits are equal in at least one of 7 bands."""
_WIDTHS = [10] + [9] * (_BANDS - 1)


def distance_bits(one: int, other: int) -> int:
    """Return the number of bits, of 64, in which two hashes differ."""
    return ((one ^ other) & 0xFFFF_FFFF_FFFF_FFFF).bit_count()


class PictureIndex:
    """An index of hashes with their stories; takes some 0.5 KB for each picture."""

    def __init__(self) -> None:
        self._bands: list[dict[int, list[tuple[int, str]]]] = [defaultdict(list) for _ in range(_BANDS)]

    def add(self, phash: int, story_id: str) -> None:
        """Add a picture."""
        for band, value in zip(self._bands, _values(phash), strict=True):
            band[value].append((phash, story_id))

    def has_near(self, phash: int, *, of_other_than: str) -> bool:
        """Return True if another story has a picture that is nearly this one."""
        return any(
            story_id != of_other_than and distance_bits(phash, known) <= NEAR_BITS
            for band, value in zip(self._bands, _values(phash), strict=True)
            for known, story_id in band.get(value, ())
        )


def _values(phash: int) -> list[int]:
    values: list[int] = []
    left = phash & 0xFFFF_FFFF_FFFF_FFFF
    for width in _WIDTHS:
        values.append(left & ((1 << width) - 1))
        left >>= width
    return values
