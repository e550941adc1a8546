"""The words that the illustrator understands; each table maps what it draws to the words that ask for it."""

HOURS = {
    "night": "night midnight moonlight moonlit moon stars starry starlight",
    "evening": "evening dusk twilight bedtime",
    "sunset": "sunset sundown",
    "dawn": "dawn sunrise morning daybreak",
    "day": "day noon midday afternoon sunny sunlight sunshine",
}

WEATHERS = {
    "storm": "storm stormy thunder thunderstorm lightning tempest",
    "rain": "rain rainy raining drizzle downpour",
    "snow": "snow snowy snowing snowfall blizzard winter icy frozen frost",
    "fog": "fog foggy mist misty haze",
    "cloudy": "cloudy clouds overcast",
}

PLACES = {
    "library": "library bookshop bookstore archive study shelves bookshelves",
    "room": "room bedroom kitchen house home attic workshop classroom school inn shop bakery cottage cabin",
    "forest": "forest woods woodland jungle grove trees thicket",
    "mountains": "mountain mountains peak summit cliff pass glacier",
    "sea": "sea ocean beach shore coast harbour harbor lighthouse ship boat island bay lake river pier waves sail",
    "town": "town city village street market station square rooftop rooftops castle palace bridge",
    "cave": "cave cavern tunnel mine grotto dungeon",
    "desert": "desert dunes dune sand oasis pyramid",
    "space": "space planet rocket spaceship asteroid galaxy orbit lunar mars",
    "underwater": "underwater seabed reef coral submarine mermaid",
    "meadow": "meadow garden greenhouse field farm park grass orchard hill hills valley",
}

MOODS = {
    "sad": "sad cries crying weeps tears lonely lost sorry worried",
    "surprised": "surprised amazed gasps astonished scared afraid frightened discovers finds startled",
    "sleepy": "sleepy sleeps asleep sleeping tired dreams yawns rests",
}

POSES = {
    "cheer": "cheer cheers cheering celebrate celebrates celebrating hooray jump jumps jumping dance dances dancing",
    "wave": "wave waves waving greets welcomes goodbye hello points pointing",
    "walk": "walk walks walking run runs running wander wanders travels climbs follows chases explores",
}

SPECIES = {
    "person": "boy girl man woman child kid mother father grandmother grandfather sailor keeper captain baker king "
    "queen prince princess wizard witch person lady gentleman",
    "fox": "fox vixen",
    "cat": "cat kitten tomcat lynx tiger lion",
    "dog": "dog puppy hound wolf camel horse pony donkey goat sheep cow",
    "bear": "bear cub panda badger beaver otter mouse hedgehog raccoon frog toad turtle dragon elephant whale seal",
    "rabbit": "rabbit hare bunny",
    "bird": "bird owl penguin duck crow raven sparrow robin gull chick",
    "robot": "robot android automaton machine droid",
}

FURS = {
    "fox": "orange",
    "cat": "grey",
    "dog": "tan",
    "bear": "brown",
    "rabbit": "cream",
    "bird": "sky",
}

ITEMS = {
    "scarf": "scarf shawl neckerchief",
    "hat": "hat cap beret helmet hood",
    "crown": "crown tiara",
    "glasses": "glasses spectacles goggles",
}

SKINS = {
    "0": "pale fair light",
    "2": "olive tan golden",
    "4": "brown dark",
    "5": "black deep",
}

GARMENTS = "coat jacket dress shirt sweater jumper tunic cloak cape robe raincoat overalls vest uniform apron suit gown"
HAIR = "hair braid braids curls ponytail beard"
LONG_HAIR = "long braid braids ponytail girl woman mother princess queen grandmother witch"
CURLY_HAIR = "curly curls frizzy afro"
NO_HAIR = "bald shaven"
ELDERLY = "old elderly grandmother grandfather aged"
SMALL = "little small tiny young boy girl child kid kitten puppy cub chick mouse"
