import pytest

from illustrator.casting import look_of
from illustrator.parsing.descriptions import color_named
from illustrator.parsing.glossary import english_of
from illustrator.scene import Age, Hair, Species
from illustrator.storyboard import CastMember
from illustrator.vocabulary.tables import rows_of, word_set, words_in
from tests.doubles.scene_ideas import Understand


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("un petit renard roux avec une écharpe verte", "a little red fox with a green scarf"),
        ("un uniforme bleu foncé et une casquette", "a dark blue uniform and a cap"),
        ("ein kleines Mädchen mit grünen Stiefeln", "a little girl with green boots"),
        ("un gato negro con ojos verdes", "a black cat with green eyes"),
        ("un vecchio fornaio con la barba bianca", "a old baker with the white beard"),
        ("uma menina com um vestido azul", "a girl with a blue dress"),
    ],
)
def test_other_languages_are_put_into_english_word_by_word(text: str, english: str) -> None:
    assert " ".join(english_of(text)) == english


@pytest.mark.parametrize(
    "text",
    [
        "A pan in a die, a red rose on the coat, a lit robe",
        "An old man with a bonnet and a robe",
        "la la la",
        "Aria",
        "",
    ],
)
def test_english_stays_as_it_is(text: str) -> None:
    assert " ".join(english_of(text)) == text.casefold().replace(",", " ,")


def test_a_description_in_another_language_is_followed() -> None:
    look = look_of(CastMember(name="Léonie", description="une petite fille, deux tresses rousses, un manteau rouge"))
    assert (look.species, look.age, look.hair) == (Species.HUMAN, Age.CHILD, Hair.BRAIDS)
    assert look.wears["coat"] == color_named("red")


def test_a_prompt_in_another_language_is_understood(understand: Understand) -> None:
    scene = understand("La nuit, Aria tient une lanterne, et Milo dort sur le banc avec un lapin.")
    assert scene.time == "night"
    assert scene.props == {"lantern": 1, "bench": 1, "rabbit": 1}
    assert [(it.action, it.holds) for it in scene.characters] == [("hold", "lantern"), ("sleep", None)]


def test_no_word_of_a_language_has_two_meanings() -> None:
    rows = list(rows_of("glossary"))
    for language in [name for name in rows[0] if name != "english"]:
        words = [word for row in rows for word in words_in(row[language])]
        assert sorted(words) == sorted(set(words))
    assert word_set("adjectives") <= {row["english"] for row in rows}
