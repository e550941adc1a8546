"""Evidence in a text for each place, hour, weather and season: its strength, and the words that weaken it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from illustrator.parsing.glossary import half_in_english
from illustrator.parsing.grammar import is_noun
from illustrator.parsing.language import MASK, STOPS, Hit, Lexicon, denied, nouns, verbs
from illustrator.vocabulary.tables import rows_of, word_set, words_in

Says = tuple[tuple[str, float], ...]
"""The meaning of a phrase: values of a field, each with the strength of the evidence for it."""

_STRENGTHS = {"names": 4.0, "parts": 2.0, "hints": 0.8}
_FOREIGN = 3.0
_NAMES_IT = 4.0
_DENIED_WEATHER = 3.0
_SETTING_OUT = frozenset({"leaves", "leave", "left", "leaving", "sets", "heads"})
# Weight of a place by the way in which the text mentions it.
_TOLD, _LEFT_BEHIND, _ON_THE_WAY, _SEEN, _BESIDE, _LOOKED_FROM, _THERE = 0.1, 0.15, 0.4, 0.55, 0.8, 1.2, 1.5
_ALSO_VERBS = word_set("also_verbs")
_BEING_THERE = word_set("being_there")
_NOT_YET_THERE = word_set("not_yet_there")
_LEFT = word_set("left")
_ONLY_SEEN = word_set("only_seen")
_ONLY_TOLD = word_set("only_told")
_ALSO_SEASONS = word_set("also_seasons")
_BEFORE_SEASONS = word_set("before_seasons")
_NOT_OF_SEASONS = word_set("not_of_seasons")
_WITHIN_SEASONS = word_set("within_seasons")
_REACH = 4


@dataclass
class Evidence:
    """The strength of a text's evidence for each value of a field, and the phrases that it comes from."""

    scores: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    hits: list[Hit[Says]] = field(default_factory=list)

    def best(self, order: Sequence[str]) -> tuple[str, float]:
        """Return the value with the most evidence and its score; of equal values, the earlier one in `order`."""
        value = max(order, key=lambda each: (self.scores.get(each, 0.0), -order.index(each)))
        return value, self.scores.get(value, 0.0)


def place_evidence(words: Sequence[str]) -> Evidence:
    """Return the evidence for the place of the scene; a place that is left, seen or narrated counts little."""
    found = Evidence()
    names_of_people = frozenset(position for position, word in enumerate(words) if word == MASK)
    hits = [
        hit
        for hit in _lexicon("place", "places").find(words)
        if hit.phrase not in _ALSO_VERBS or is_noun(words, hit.start, names_of_people)
    ]
    names = {hit.start for hit in hits if hit.meaning[0][1] >= _NAMES_IT}
    seen: set[str] = set()
    for hit in hits:
        weight = _presence(words, hit.start)
        if hit.start not in names and weight > _TOLD:
            weight = max(weight, 1.0)  # only a whole place can be left, not a part of one
        if denied(words, hit.start, hit.end):
            weight *= _TOLD
        if hit.end in names and hit.start in names:
            weight *= 0.4  # "the castle kitchen" is a kitchen
        _count(found, hit, weight * _likeness(words, hit), seen)
    return found


def is_only_told(words: Sequence[str], start: int) -> bool:
    """Return True if the thing at `start` is only in a picture, in a story or in somebody's thoughts."""
    return _presence(words, start) <= _TOLD


def is_place_of_scene(words: Sequence[str], start: int) -> bool:
    """Return True if the words before the place at `start` put somebody or something in it, on it or at it."""
    return _presence(words, start) >= _THERE


def is_only_compared(words: Sequence[str], start: int, end: int) -> bool:
    """Return True if the words only compare, as in "white as snow" or "like a castle"."""
    before = words[max(0, start - 3) : start]
    if "like" in before[-2:]:
        return True
    ends_clause = end == len(words) or words[end] in STOPS
    return before[-1:] == ("as",) and len(before) > 1 and before[-2] not in STOPS and ends_clause


def time_evidence(words: Sequence[str]) -> Evidence:
    """Return the evidence for the time of day."""
    return _simple_evidence(_lexicon("time", "times"), words)


def weather_evidence(words: Sequence[str]) -> Evidence:
    """Return the evidence for the weather; a denied weather is evidence for a clear sky."""
    found = _simple_evidence(_lexicon("weather", "weathers"), words, when_denied="clear")
    if found.scores.get("storm", 0.0) >= _NAMES_IT:
        found.scores["storm"] *= 2.0  # a storm includes wind, rain and clouds
    return found


def season_evidence(words: Sequence[str]) -> Evidence:
    """Return the evidence for the season; the verbs "spring" and "fall" and a spring of water are none."""
    found, seen = Evidence(), set[str]()
    for hit in _lexicon("season", "seasons").find(words):
        if hit.phrase in _ALSO_SEASONS and not _names_a_season(words, hit):
            continue
        # In "no shoes in winter" the shoes are denied, not the winter.
        within = [position for position in range(hit.end) if words[position] in _WITHIN_SEASONS]
        begin = max(0, min(within[-1] - 1, hit.start)) if within else 0
        if not denied(words[begin:], hit.start - begin, hit.end - begin):
            _count(found, hit, _likeness(words, hit), seen)
    return found


def moon_evidence(words: Sequence[str]) -> Evidence:
    """Return the evidence for the phase of the moon."""
    return _simple_evidence(_lexicon("moon", "moons"), words)


def _names_a_season(words: Sequence[str], hit: Hit[Says]) -> bool:
    """Return True if "spring" or "fall" has the place of a season's name: "in spring", but not "the hot spring"."""
    before = words[hit.start - 1] if hit.start else "."
    after = words[hit.end] if hit.end < len(words) else ""
    is_placed = before in STOPS or before in _BEFORE_SEASONS
    return is_placed and after not in _NOT_OF_SEASONS and not hit.phrase.endswith("s")


def _simple_evidence(lexicon: Lexicon[Says], words: Sequence[str], when_denied: str = "") -> Evidence:
    found, seen = Evidence(), set[str]()
    for hit in lexicon.find(words):
        if not denied(words, hit.start, hit.end):
            _count(found, hit, _likeness(words, hit), seen)
        elif when_denied and hit.meaning[0][0] != when_denied:
            found.scores[when_denied] += _DENIED_WEATHER
            found.scores[hit.meaning[0][0]] -= _DENIED_WEATHER
            found.hits.append(hit)
    return found


def _count(found: Evidence, hit: Hit[Says], weight: float, seen: set[str]) -> None:
    found.hits.append(hit)
    if hit.phrase in seen:
        return
    seen.add(hit.phrase)
    for value, strength in hit.meaning:
        found.scores[value] += strength * weight


def _presence(words: Sequence[str], start: int) -> float:
    """Return the weight of a place by the words before it; the nearest word with a weight decides."""
    for back in range(start - 1, max(-1, start - 1 - _REACH), -1):
        if words[back] in STOPS:
            break
        weight = _presence_by(words, back)
        if weight is not None:
            return weight
    return 1.0


def _presence_by(words: Sequence[str], position: int) -> float | None:
    """Return the weight that the word at this position gives to the place after it, or None."""
    word, before = words[position], words[position - 1] if position else ""
    seen_or = _SEEN if not _ONLY_SEEN.isdisjoint(words[max(0, position - 2) : position]) else None
    rules = (
        (word == "about" or (word == "of" and before in _ONLY_TOLD), _TOLD),
        (word == "of" and before == "out", _LEFT_BEHIND),
        (word == "of", _BESIDE),
        (word == "from" and not _ONLY_SEEN.isdisjoint(words), _LOOKED_FROM),
        (word in _LEFT, _LEFT_BEHIND),
        (word == "for" and not _SETTING_OUT.isdisjoint(words[:position]), _THERE),
        (word in _BEING_THERE, seen_or or _THERE),
        (word == "to" and before == "way", _ON_THE_WAY),
        (word in _NOT_YET_THERE, seen_or or _BESIDE),
    )
    return next((weight for is_so, weight in rules if is_so), None)


def _likeness(words: Sequence[str], hit: Hit[Says]) -> float:
    return _TOLD if is_only_compared(words, hit.start, hit.end) else 1.0


@cache
def _lexicon(field_name: str, table: str) -> Lexicon[Says]:
    says: dict[str, dict[str, float]] = defaultdict(dict)
    for phrase, value, strength in _entries(field_name, table):
        says[phrase][value] = max(strength, says[phrase].get(value, 0.0))
    return Lexicon((phrase, _strongest_first(values)) for phrase, values in says.items())


def _strongest_first(values: Mapping[str, float]) -> Says:
    return tuple(sorted(values.items(), key=lambda each: -each[1]))


def _entries(field_name: str, table: str) -> Iterator[tuple[str, str, float]]:
    for row in rows_of(table):
        for column, strength in _STRENGTHS.items():
            for word in words_in(row[column]):
                forms = verbs([word[3:]], None) if word.startswith("to ") else nouns([word], None)
                for form, _ in forms:
                    yield form, row[field_name], strength
    for row in rows_of("other_languages"):
        if row["field"] == field_name:
            for phrase in words_in(row["words"]):
                for form in sorted({phrase, *(half_in_english(phrase) if " " in phrase else ())}):
                    yield form, row["value"], _FOREIGN
