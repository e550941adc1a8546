"""Names of icons that furnish places, in addition to the table of things."""

_NAMES = """
alembic amphora bookmark-tabs books bouquet bread bubbles butterfly candle carrot cheese-wedge church coral cow crab
derelict-house duck empty-nest ewe fireworks fish framed-picture garlic globe-showing-europe-africa grapes hammer herb
hibiscus hourglass-not-done hyacinth jar jellyfish leafy-green lotus luggage mantelpiece-clock microscope milky-way
mushroom octopus open-book owl pear pot-of-food potted-plant red-apple red-paper-lantern ringed-planet rooster satellite
scroll seedling sheaf-of-rice spiral-shell sunflower tangerine teapot teddy-bear telescope test-tube tomato toolbox
tropical-fish tulip watermelon world-map wrench yarn
"""
SCENERY = frozenset(_NAMES.split())
