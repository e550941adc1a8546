"""Groups of figures by what they rest on, and the things of a scene that are left over."""

from dataclasses import replace

import pytest

from illustrator.groups import Group, groups_of, used_by
from illustrator.places.registry import SETTINGS
from illustrator.rests import GROUND
from illustrator.scene import Action, Figure, Place, SceneIdea
from tests.doubles.scene_ideas import figure_of, idea_of, look_of_species


def grouped(idea: SceneIdea) -> list[Group]:
    return groups_of(idea, idea.figures, SETTINGS[idea.place].ground)


def things(idea: SceneIdea) -> list[str]:
    return [group.thing for group in grouped(idea)]


def sitters(count: int, action: Action = Action.SIT, rests_on: str | None = None) -> tuple[Figure, ...]:
    return tuple(figure_of(f"somebody {number}", action=action, rests_on=rests_on) for number in range(count))


@pytest.mark.parametrize(
    ("place", "action", "thing"),
    [
        (Place.LIBRARY, Action.SIT, "armchair"),
        (Place.LIVING_ROOM, Action.SIT, "sofa"),
        (Place.INN, Action.SIT, "bench"),
        (Place.CLASSROOM, Action.SIT, "chair"),
        (Place.STATION, Action.SIT, "bench"),
        (Place.THRONE_ROOM, Action.SIT, "throne"),
        (Place.MEADOW, Action.SIT, ""),
        (Place.BEDROOM, Action.SLEEP, "bed"),
        (Place.INN, Action.SLEEP, "bed"),
        (Place.SHIP, Action.SLEEP, "hammock"),
        (Place.FOREST, Action.SLEEP, GROUND),
        (Place.SPACE, Action.SLEEP, ""),
        (Place.BEDROOM, Action.STAND, ""),
    ],
)
def test_a_place_has_seats_and_beds_of_its_own(place: Place, action: Action, thing: str) -> None:
    assert things(idea_of(place, figures=sitters(1, action))) == [thing]


def test_there_is_one_throne_in_a_throne_room_unless_more_are_asked_for() -> None:
    assert things(idea_of(Place.THRONE_ROOM, figures=sitters(2))) == ["throne", "stairs"]
    assert things(idea_of(Place.THRONE_ROOM, figures=sitters(2, rests_on="throne"))) == ["throne", "throne"]


@pytest.mark.parametrize("thing", ["bench", "armchair", "log", "swing", "chair", "rock"])
def test_whoever_sits_takes_the_seat_that_is_there_but_who_stands_does_not(thing: str) -> None:
    assert things(idea_of(Place.MEADOW, figures=sitters(1), props={thing: 1})) == [thing]
    assert things(idea_of(Place.MEADOW, figures=sitters(1, Action.STAND), props={thing: 1})) == [""]
    assert things(idea_of(Place.MEADOW, figures=sitters(1, rests_on=GROUND), props={thing: 1})) == [""]


def test_another_word_for_a_thing_is_another_form_of_it() -> None:
    hammock = replace(
        idea_of(Place.BEACH, figures=sitters(1, Action.SLEEP, "bed"), props={"bed": 1}), words={"bed": "hammock"}
    )
    (group,) = grouped(hammock)
    assert (group.thing, group.rest and group.rest.name) == ("bed", "hammock")
    assert used_by([group], hammock)["bed"] == 1


def test_several_share_a_bench_and_a_horse_until_it_is_full() -> None:
    assert [len(group.figures) for group in grouped(idea_of(Place.GARDEN, figures=sitters(6, rests_on="bench")))] == [
        4,
        2,
    ]
    assert [len(group.figures) for group in grouped(idea_of(Place.MEADOW, figures=sitters(3, rests_on="horse")))] == [
        2,
        1,
    ]
    own = idea_of(Place.MEADOW, figures=sitters(3, rests_on="horse"), props={"horse": 3})
    assert [len(group.figures) for group in grouped(own)] == [1, 1, 1]


def test_who_bears_somebody_rides_on_nobody_and_bears_two_at_most() -> None:
    bear = figure_of("Bo", look=look_of_species("bear"), rests_on="Bo")
    circle = (figure_of("Aria", rests_on="Milo"), figure_of("Milo", rests_on="Aria"), bear)
    assert all(group.bearer is None for group in grouped(idea_of(Place.MEADOW, figures=circle)))
    crowd = (*sitters(3, rests_on="Bo"), replace(bear, rests_on=None))
    first, second = grouped(idea_of(Place.MEADOW, figures=crowd))
    assert sorted(len(group.figures) for group in (first, second)) == [1, 2]


def test_what_somebody_rests_on_is_not_there_a_second_time() -> None:
    two = idea_of(Place.GARDEN, figures=sitters(1, rests_on="bench"), props={"bench": 2})
    assert used_by(grouped(two), two)["bench"] == 1
    some = idea_of(Place.GARDEN, figures=sitters(2, rests_on="bicycle"), props={"bicycle": 3})
    assert used_by(grouped(some), some)["bicycle"] == 3
    table = idea_of(Place.KITCHEN, figures=sitters(2), props={"table": 1})
    (group,) = grouped(table)
    assert (group.table, used_by([group], table)["table"]) == ("table", 1)
