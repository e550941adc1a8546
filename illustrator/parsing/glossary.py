"""Other languages, word by word: texts in French, German, Spanish, Italian and Portuguese as far as a glossary goes."""

from collections.abc import Mapping, Sequence
from functools import cache

from illustrator.parsing.grammar import PREPOSITIONS
from illustrator.parsing.language import words_of
from illustrator.vocabulary.tables import rows_of, word_set, words_in

_ENGLISH = word_set("english")
_ADJECTIVES = word_set("adjectives")
_NO_NOUNS = PREPOSITIONS | _ENGLISH | {"a", "he", "she", "they", "not", "while"}
_LEAST_WORDS = 3
_ADJECTIVES_IN_A_ROW = 2


def english_of(text: str) -> tuple[str, ...]:
    """The words of a text, in English where it is in a language of the glossary."""
    return in_english(words_of(text))


def in_english(words: Sequence[str]) -> tuple[str, ...]:
    """As many words, each in English where the glossary has it; a text that is in English already stays as it is.

    An adjective that stands behind its noun changes places with it: "écharpe verte" is "green scarf".
    """
    said = set(words)
    glossary = max(_glossaries(), key=lambda each: len(said & each.keys() - _ENGLISH))
    if len(said & glossary.keys() - _ENGLISH) < max(_LEAST_WORDS, 1 + len(said & _ENGLISH)):
        return tuple(words)
    translated = [glossary.get(word, word) for word in words]
    for _ in range(_ADJECTIVES_IN_A_ROW):
        for position in range(len(words) - 1):
            if _stands_behind(words, translated, position):
                translated[position : position + 2] = reversed(translated[position : position + 2])
    return tuple(translated)


def half_in_english(phrase: str) -> frozenset[str]:
    """What `in_english` can make of a phrase that is in one of the languages but not as a whole in its glossary."""
    words = words_of(phrase)
    return frozenset(" ".join(glossary.get(word, word) for word in words) for glossary in _glossaries())


def _stands_behind(words: Sequence[str], translated: Sequence[str], position: int) -> bool:
    """Whether the word after this one is an adjective that belongs to it, as "dark" does in "bleu foncé"."""
    noun, adjective = translated[position : position + 2]
    if adjective in ("dark", "fair") and noun in _ADJECTIVES:
        return noun not in ("dark", "fair")
    is_noun = noun != words[position] or noun.isalpha()
    return adjective in _ADJECTIVES and is_noun and noun not in _ADJECTIVES and noun not in _NO_NOUNS


@cache
def _glossaries() -> tuple[Mapping[str, str], ...]:
    """For each language its words in English. German has its adjectives before the nouns, where they stay."""
    rows = list(rows_of("glossary"))
    languages = [name for name in rows[0] if name != "english"]
    return tuple({word: row["english"] for row in rows for word in words_in(row[name])} for name in languages)
