"""Grammar from neighbouring words: counts, plurals, and the choice between noun and verb."""

from collections.abc import Sequence

from illustrator.parsing.language import STOPS, plural_of
from illustrator.vocabulary.tables import word_set

SEVERAL = 3
"""Number of things in a plural without a number."""

NUMBERS = {
    **dict(
        zip(
            ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
            range(1, 13),
            strict=True,
        )
    ),
    "dozen": 12,
    "twenty": 20,
    "thirty": 30,
    "fifty": 50,
    "hundred": 100,
    "thousand": 1000,
    "couple": 2,
    "pair": 2,
    "both": 2,
    "twin": 2,
    "a": 1,
    "an": 1,
    "another": 1,
    "single": 1,
    "each": 1,
    "every": 1,
    "lone": 1,
}
DETERMINERS = word_set("determiners")
PREPOSITIONS = word_set("prepositions")
CONJUNCTIONS = word_set("conjunctions")
PRONOUNS = word_set("pronouns")
_AUXILIARIES = word_set("auxiliaries")
_VAGUE = word_set("vague")
_SENTENCE_ENDS = frozenset(".!?;:—")
_COUNT_REACH = 4
_NOUN_REACH = 3


def count_before(words: Sequence[str], start: int, *, is_plural: bool) -> int:
    """Return the number of the thing at `start`, from the words before it."""
    for back in range(start - 1, max(-1, start - 1 - _COUNT_REACH), -1):
        word = words[back]
        if word in STOPS or word == "and" or word in CONJUNCTIONS:
            break
        if word.isdecimal():
            return max(1, min(int(word), 1000))
        if word in _VAGUE:
            return SEVERAL
        if word in ("a", "an", "one") and is_plural:
            continue  # "a row of lamps", "a dozen eggs"
        if word in NUMBERS:
            return NUMBERS[word]
        if word in PREPOSITIONS and word != "of":
            break
    return SEVERAL if is_plural else 1


def is_plural(phrase: str, singulars: Sequence[str]) -> bool:
    """Return True if the phrase is the plural of one of the singular nouns and not a singular itself."""
    return phrase not in singulars and any(plural_of(each) == phrase for each in singulars)


def is_noun(words: Sequence[str], position: int, known_nouns: frozenset[int]) -> bool:
    """Return True if the word at this position, which can be a noun or a verb, is a noun here.

    `known_nouns` are the positions of certain nouns: the subject of a verb comes before it.
    """
    after = words[position + 1] if position + 1 < len(words) else ""
    before = words[position - 1] if position else "."
    is_singular_verb = words[position].endswith("s")
    if before in STOPS:
        begins = before in _SENTENCE_ENDS or not after or after == "and"
        return begins and after not in DETERMINERS
    if before == "and":
        return (position - 2 in known_nouns or not is_singular_verb) and after not in DETERMINERS
    follows_a_subject = position - 1 in known_nouns or (before in PRONOUNS and before != "that")
    if after in DETERMINERS or follows_a_subject or before in _AUXILIARIES or before == "to" or before.endswith("ly"):
        return False
    return _begins_a_noun_phrase(
        words, position, known_nouns, by_default=not (is_singular_verb and after in PREPOSITIONS)
    )


def _begins_a_noun_phrase(
    words: Sequence[str], position: int, known_nouns: frozenset[int], *, by_default: bool
) -> bool:
    """Return True if an article, a number or a preposition comes before the word, with only adjectives between."""
    for back in range(position - 1, max(-1, position - 1 - _NOUN_REACH), -1):
        word = words[back]
        if back in known_nouns or word in STOPS or word in PRONOUNS:
            return False
        if word in DETERMINERS or word in PREPOSITIONS or word in NUMBERS or word == "'s" or word.isdecimal():
            return True
    return position < _NOUN_REACH and by_default
