from random import Random

from hypothesis import given
from hypothesis import strategies as st

from stories.dataset.quality.near_duplicates import NEAR_BITS, PictureIndex, distance_bits

HASHES = st.integers(-(1 << 63), (1 << 63) - 1)


@given(HASHES, st.sets(st.integers(0, 63), max_size=12))
def test_whatever_differs_in_few_bits_is_found_and_nothing_else(phash: int, bits: set[int]) -> None:
    other = phash
    for bit in bits:
        other ^= 1 << bit
    index = PictureIndex()
    index.add(phash, "a")
    assert distance_bits(phash, other) == len(bits)
    assert index.has_near(other, of_other_than="b") == (len(bits) <= NEAR_BITS)


def test_a_picture_is_no_duplicate_within_its_own_story() -> None:
    index = PictureIndex()
    index.add(5, "a")
    assert not index.has_near(5, of_other_than="a")
    index.add(5, "b")
    assert index.has_near(5, of_other_than="a")


def test_among_many_pictures_the_one_is_found() -> None:
    random = Random(3)  # noqa: S311 - no secret
    index = PictureIndex()
    hashes = [random.getrandbits(64) - (1 << 63) for _ in range(5000)]
    for phash in hashes:
        index.add(phash, "other")
    assert all(index.has_near(phash ^ 0b1001, of_other_than="own") for phash in hashes[:50])
    assert not any(index.has_near(random.getrandbits(64) - (1 << 63), of_other_than="own") for _ in range(50))
