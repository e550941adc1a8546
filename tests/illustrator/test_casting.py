import subprocess
import sys

import pytest

from illustrator.casting import look_of
from illustrator.ideas import idea_of_scene
from illustrator.parsing.descriptions import color_named
from illustrator.scene import Age, Build, Hair, Look, Species
from illustrator.storyboard import CastMember
from illustrator.wardrobe import Slot, wardrobe
from tests.doubles.illustrator_input import illustrator_input


def look(description: str, name: str = "Somebody") -> Look:
    return look_of(CastMember(name=name, description=description))


def test_a_description_of_a_person_is_followed() -> None:
    keeper = look(
        "an old lighthouse keeper of seventy with fair skin, a short white beard, a dark blue coat, a yellow hat "
        "and brown boots, stout, green eyes"
    )
    assert (keeper.species, keeper.age, keeper.build) == (Species.HUMAN, Age.ELDER, Build.STOUT)
    assert keeper.beard
    assert not keeper.moustache
    assert keeper.eyes == color_named("green")
    worn = {kind: keeper.wears[kind] for kind in ("coat", "hat", "boots")}
    assert worn == {"coat": color_named("dark blue"), "hat": color_named("yellow"), "boots": color_named("brown")}


@pytest.mark.parametrize(
    ("description", "hair"),
    [
        ("a girl with long black hair", Hair.LONG),
        ("a boy with short curly hair", Hair.CURLY),
        ("a woman with her hair in a bun", Hair.BUN),
        ("two red braids", Hair.BRAIDS),
        ("a bald man", Hair.NONE),
        ("spiky green hair", Hair.SPIKY),
        ("a blonde ponytail", Hair.PONYTAIL),
        ("a cat with long hair", Hair.NONE),
    ],
)
def test_hair(description: str, hair: Hair) -> None:
    assert look(description).hair == hair


@pytest.mark.parametrize(
    ("description", "age"),
    [
        ("a girl of nine", Age.CHILD),
        ("a 10-year-old", Age.CHILD),
        ("a man of fifty", Age.ADULT),
        ("seventy-five years old", Age.ELDER),
        ("an elderly baker", Age.ELDER),
        ("a young knight", Age.ADULT),
    ],
)
def test_age(description: str, age: Age) -> None:
    assert look(description).age == age


@pytest.mark.parametrize(
    ("description", "species"),
    [
        *((f"a small {species}", species) for species in Species if species is not Species.HUMAN),
        ("a capybara in a straw hat", Species.BEAR),
        ("a ginger tomcat", Species.CAT),
        ("a fat white duck", Species.BIRD),
        ("a grumpy camel", Species.HORSE),
        ("a lizard", Species.DRAGON),
        ("a girl with a pet dragon", Species.HUMAN),
        ("a bear hunter", Species.HUMAN),
        ("a dragon rider in blue", Species.HUMAN),
        ("brave and kind", Species.HUMAN),
    ],
)
def test_animals_robots_and_people(description: str, species: Species) -> None:
    assert look(description).species == species


def test_colors_belong_to_the_nouns_behind_them() -> None:
    cat = look("a small grey cat with white paws, green eyes, a red scarf and a golden crown")
    assert cat.skin == color_named("grey")
    assert cat.accent == color_named("white")
    assert cat.eyes == color_named("green")
    assert cat.wears == {"scarf": color_named("red"), "crown": color_named("gold")}


def test_people_are_dressed_and_animals_only_as_they_are_described() -> None:
    slots = {wardrobe()[kind].slot for kind in look("a man").wears}
    assert slots == {Slot.FEET, Slot.LEGS, Slot.BODY}
    assert Slot.LEGS not in {wardrobe()[kind].slot for kind in look("a girl in a blue dress").wears}
    assert look("a fox").wears == {}
    assert look("a fox without a hat").wears == {}


def test_what_is_worn_comes_in_the_order_of_dressing() -> None:
    order = list(wardrobe())
    worn = list(look("a king with a crown, a cape, boots, glasses and a scarf over a robe").wears)
    assert worn == sorted(worn, key=order.index)


def test_every_garment_is_understood_by_each_of_its_words() -> None:
    for kind, garment in wardrobe().items():
        for word in (kind, *garment.words):
            assert look(f"a dog wearing green {word}").wears.keys() >= {kind}


def test_the_wardrobe_has_forty_kinds_at_least() -> None:
    assert len(wardrobe()) >= 40


def test_two_scenes_that_name_a_character_show_the_same_look() -> None:
    storyboard = illustrator_input(
        {
            "characters": [{"name": "Ida"}, {"name": "Tom", "description": "a sailor"}],
            "scenes": [{"prompt": "Ida and Tom run in the rain"}, {"prompt": "Tom sleeps"}, {"prompt": "Ida waves"}],
            "style": "pixel art",
        }
    )
    first, second, third = (idea_of_scene(storyboard, index).figures for index in range(3))
    assert first[0].look == third[0].look == look_of(storyboard.characters[0])
    assert first[1].look == second[0].look == look_of(storyboard.characters[1])


def test_what_is_not_said_is_of_all_kinds_and_hangs_on_name_and_description() -> None:
    looks = [look("", name) for name in ("Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gus", "Hana", "Ines", "Jo")]
    assert len({each.skin for each in looks}) > 3
    assert len({each.hair_color for each in looks}) > 3
    assert look("a boy", "Ada") != look("a boy", "Ben")


def test_a_look_is_the_same_in_every_process() -> None:
    code = (
        "from illustrator.storyboard import CastMember; from illustrator.casting import look_of; "
        "print(look_of(CastMember(name='Ida', description='a sailor with a red scarf')))"
    )
    seeds = ("0", "1", "4321")
    printed = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, check=True, capture_output=True, text=True
        ).stdout
        for seed in seeds
    }
    assert printed == {f"{look('a sailor with a red scarf', 'Ida')}\n"}
