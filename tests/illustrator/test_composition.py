"""Figures that sit, lie or ride are placed on what bears them, each on a seat of its own."""

import itertools
import random
from dataclasses import replace

import pytest

from illustrator.bodies.figure import pose_of
from illustrator.bodies.poses import Posture
from illustrator.bodies.postures import BOTTOM, back_of
from illustrator.bodies.skeleton import TRUNK, size_of, skeleton_of
from illustrator.composition import Composition, PlacedFigure, compose
from illustrator.places.registry import SETTINGS
from illustrator.props import props
from illustrator.rests import GROUND, rests
from illustrator.scene import Action, Camera, Figure, Place, SceneIdea, Species
from tests.doubles.scene_ideas import figure_of, idea_of, look_of_species, resting

WIDTH = 1000.0
RESTS = {name: rest for name, rest in rests().items() if rest.species is None and name != GROUND}
BEARERS = [name for name, rest in rests().items() if rest.species is not None]
SIZES = (Species.HUMAN, Species.MOUSE, Species.ELEPHANT)
ON_A_BOTTOM = {Posture.SEATED, Posture.ASTRIDE, Posture.CYCLING, Posture.SHOULDERED}


def composed(idea: SceneIdea) -> Composition:
    return compose(idea, SETTINGS[idea.place], WIDTH, random.Random(1), (90, 120, 200))  # noqa: S311


def lowest(placed: PlacedFigure) -> float:
    """Return the resting point of a body in the picture: its bottom, its neck in bed, or its ground."""
    at = placed.at
    skeleton = skeleton_of(placed.figure.look, pose_of(placed.figure, at))
    if at.posture in ON_A_BOTTOM:
        return at.y + (skeleton.hips[1] + BOTTOM * skeleton.size) * at.scale
    if at.posture is Posture.TUCKED:
        return at.y + (skeleton.hips[1] - TRUNK * skeleton.size) * at.scale
    return at.y - at.seat * at.scale


@pytest.mark.parametrize("name", RESTS)
@pytest.mark.parametrize("action", [Action.SIT, Action.SLEEP])
@pytest.mark.parametrize("species", SIZES)
def test_a_body_is_on_the_seat_of_the_thing(name: str, action: Action, species: Species) -> None:
    rest = RESTS[name]
    composition = composed(resting(name, action=action, looks=[look_of_species(species)]))
    (placed,) = composition.figures
    names = {rest.behind or rest.front, "bed"}
    piece = next(piece for piece in (*composition.pieces, *placed.over) if piece.name in names)
    assert placed.seat is not None
    assert lowest(placed) == pytest.approx(placed.seat.y)
    if placed.at.posture is rest.posture:
        assert placed.seat.y == pytest.approx(piece.y - piece.height * rest.seat / 100)
    if not {placed.at.posture, rest.posture} & {Posture.LYING, Posture.CURLED}:
        middle = (rest.left + rest.right) / 200 * piece.height * (-1 if piece.flip else 1)
        assert placed.at.x == pytest.approx(piece.x + middle)
    half = piece.height * piece.stretch * rest.wide / 200
    assert piece.x - half <= placed.seat.left <= placed.at.x <= placed.seat.right <= piece.x + half
    assert placed.at.y == piece.y


@pytest.mark.parametrize("name", RESTS)
def test_no_foot_of_whoever_sits_is_below_the_ground(name: str) -> None:
    for species in SIZES:
        (placed,) = composed(resting(name, looks=[look_of_species(species)])).figures
        if placed.at.posture is Posture.FLOOR:
            continue  # its feet are before it, nearer to us
        skeleton = skeleton_of(placed.figure.look, pose_of(placed.figure, placed.at))
        assert max(foot[1] for foot in skeleton.feet) <= 12 * skeleton.size


@pytest.mark.parametrize("name", rests())
@pytest.mark.parametrize("count", [2, 3, 6])
def test_everybody_has_a_seat_of_their_own(name: str, count: int) -> None:
    looks = [look_of_species(species) for species in itertools.islice(itertools.cycle(SIZES), count)]
    action = Action.SLEEP if name == GROUND else Action.SIT
    composition = composed(resting(name, action=action, looks=looks))
    seats = [placed.seat for placed in composition.figures if placed.seat is not None]
    assert len(seats) == count
    for one, other in itertools.combinations(seats, 2):
        assert one.right <= other.left + 0.01 or other.right <= one.left + 0.01
    if name in RESTS:
        pieces = [piece for piece in composition.pieces if piece.name in (rests()[name].behind, "bed")]
        assert not rests()[name].behind or len(pieces) >= count / rests()[name].seats


@pytest.mark.parametrize("name", BEARERS)
def test_a_rider_is_on_the_back_of_an_animal_that_is_a_thing(name: str) -> None:
    bearer, rider = composed(resting(name, looks=[look_of_species("human")])).figures
    check_on_back(bearer, rider)


@pytest.mark.parametrize("species", [species for species in Species if species is not Species.WHALE])
@pytest.mark.parametrize("action", [Action.STAND, Action.FLY])
def test_a_rider_is_on_the_back_or_the_shoulders_of_a_character(species: Species, action: Action) -> None:
    bearer = figure_of("Bo", look=look_of_species(species), action=action)
    rider = figure_of("Aria", action=Action.SIT, rests_on="Bo")
    for figures in ((rider, bearer), (bearer, rider)):
        first, second = composed(idea_of(Place.MEADOW, figures=figures)).figures
        assert (first.figure.name, second.figure.name) == ("Bo", "Aria")
        check_on_back(first, second)


def check_on_back(bearer: PlacedFigure, rider: PlacedFigure) -> None:
    """Riders come after their bearer, and sit between hips and shoulders or on these."""
    assert rider.seat is not None
    assert lowest(rider) == pytest.approx(rider.seat.y)
    look, at = bearer.figure.look, bearer.at
    if look.species is Species.WHALE:
        return
    skeleton = skeleton_of(look, pose_of(bearer.figure, at))
    hips, shoulders = (at.x + point[0] * at.scale * at.facing for point in (skeleton.hips, skeleton.shoulders))
    if at.posture in (Posture.BEARING, Posture.GLIDING):
        assert min(hips, shoulders) <= rider.at.x <= max(hips, shoulders)
        lift = skeleton.pose.lift * skeleton.size
        assert rider.seat.y == pytest.approx(at.y - (back_of(look)[1] + lift) * at.scale)
        assert rider.at.facing == at.facing
    else:
        assert look.species in (Species.HUMAN, Species.ROBOT)
        assert rider.seat.y <= at.y + skeleton.shoulders[1] * at.scale + 0.01


def test_a_small_animal_is_drawn_larger_when_it_bears_somebody() -> None:
    mouse = figure_of("Pip", look=look_of_species("mouse"))
    bearer, rider = composed(
        idea_of(Place.MEADOW, figures=(figure_of("Aria", action=Action.SIT, rests_on="Pip"), mouse))
    ).figures
    assert size_of(bearer.figure.look) * bearer.at.scale >= size_of(rider.figure.look) * rider.at.scale * 0.99


def test_at_a_table_it_stands_before_all_who_sit_there_and_bears_what_they_eat() -> None:
    figures = tuple(figure_of(f"somebody {index}", action=Action.SIT) for index in range(3))
    composition = composed(idea_of(Place.KITCHEN, figures=figures, props={"table": 1, "bread": 1, "goat": 1}))
    chairs = [piece for piece in composition.pieces if piece.name == "chair"]
    assert len(chairs) == 3
    (table,) = [piece for placed in composition.figures for piece in placed.over]
    assert composition.figures[-1].over == (table,)
    assert table.y > max(placed.at.y for placed in composition.figures)
    (bread,) = composition.before
    assert bread.y < table.y - table.height / 2
    assert [thing.prop.name for thing in composition.beside] == ["goat"]


def test_a_blanket_covers_who_sleeps_and_not_who_sits_on_the_edge() -> None:
    sleeper = figure_of("Aria", action=Action.SLEEP)
    reader = figure_of("Milo", action=Action.SIT, rests_on="bed")
    composition = composed(idea_of(Place.BEDROOM, figures=(reader, sleeper), props={"bed": 1}))
    first, second = composition.figures
    assert (first.figure.name, first.at.posture) == ("Aria", Posture.TUCKED)
    assert [piece.name for piece in first.over] == ["bed front"]
    assert (second.figure.name, second.at.posture, second.over) == ("Milo", Posture.SEATED, ())
    assert "bed" in composition.moved


@pytest.mark.parametrize("place", [Place.MEADOW, Place.FOREST, Place.BEACH, Place.CAVE])
def test_out_of_doors_one_sleeps_on_a_bedroll_under_a_blanket_and_an_animal_on_the_ground(place: Place) -> None:
    human, fox = figure_of("Aria", action=Action.SLEEP), look_of_species("fox")
    composition = composed(idea_of(place, figures=(human,)))
    assert [piece.name for piece in composition.pieces] == ["bedroll"]
    assert composition.figures[0].at.blanket is not None
    animal = composed(idea_of(place, figures=(figure_of("Fenn", look=fox, action=Action.SLEEP),)))
    assert animal.pieces == ()
    assert animal.figures[0].at.posture is Posture.CURLED


def test_at_sea_one_sits_in_the_boat_that_is_there_and_not_in_a_second_one() -> None:
    rower: tuple[Figure, ...] = (figure_of("Aria", action=Action.SIT, rests_on="boat"),)
    composition = composed(idea_of(Place.SEA, figures=rower, props={"boat": 1}))
    assert (composition.pieces, composition.beside, composition.figures[0].over) == ((), (), ())
    (on_the_lake,) = composed(idea_of(Place.LAKE, figures=rower, props={"boat": 1})).figures
    assert [piece.name for piece in on_the_lake.over] == ["rowing boat"]


@pytest.mark.parametrize("camera", Camera)
@pytest.mark.parametrize("name", ["bed", "horse", "hot air balloon", "sofa", GROUND])
def test_whoever_rests_is_in_the_picture_from_wherever_it_is_seen(camera: Camera, name: str) -> None:
    action = Action.SIT if name in {"horse", "hot air balloon"} else Action.SLEEP
    idea = resting(name, action=action, looks=[figure_of("Aria").look], camera=camera)
    if action is Action.SLEEP:
        idea = replace(idea, figures=(*idea.figures, figure_of("Bruno", look=look_of_species("human"))))
    for placed in composed(idea).figures:
        if placed.seat is not None:
            assert 0 < placed.seat.y < (940 if name == GROUND else 1000)
            assert 0 < placed.at.x < WIDTH


def test_every_name_of_a_rest_is_that_of_a_thing_or_a_word_for_one() -> None:
    words = {word for prop in props().values() for word in (prop.name, *prop.words)}
    assert set(rests()) - words == {GROUND}
