"""Translation from French, German, Spanish, Italian and Portuguese, word by word, as far as the glossary goes."""

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
    """Return the words of a text, translated if the text is in a language of the glossary."""
    return in_english(words_of(text))


def in_english(words: Sequence[str]) -> tuple[str, ...]:
    """Return as many words, each in English if the glossary has it; a text in English stays unchanged.

    An adjective behind its noun changes places with it: "écharpe verte" becomes "green scarf".
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
    """Return the forms that `in_english` may give to a foreign phrase that is not in the glossary as a whole."""
    words = words_of(phrase)
    return frozenset(" ".join(glossary.get(word, word) for word in words) for glossary in _glossaries())


def _stands_behind(words: Sequence[str], translated: Sequence[str], position: int) -> bool:
    """Return True if the next word is an adjective of this word, as "dark" is in "bleu foncé"."""
    noun, adjective = translated[position : position + 2]
    if adjective in ("dark", "fair") and noun in _ADJECTIVES:
        return noun not in ("dark", "fair")
    is_noun = noun != words[position] or noun.isalpha()
    return adjective in _ADJECTIVES and is_noun and noun not in _ADJECTIVES and noun not in _NO_NOUNS


@cache
def _glossaries() -> tuple[Mapping[str, str], ...]:
    """Return a glossary for each language. German puts its adjectives before the nouns, so they keep their places."""
    rows = list(rows_of("glossary"))
    languages = [name for name in rows[0] if name != "english"]
    return tuple({word: row["english"] for row in rows for word in words_in(row[name])} for name in languages)
