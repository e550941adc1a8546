"""Lights and darkness: the light on figures, and the effect of lamps, windows and fires on a drawn picture."""

from collections.abc import Sequence

from illustrator.colors import mix
from illustrator.places.stage import Light
from illustrator.scene import Color
from illustrator.surface import Gradient, Surface, ellipse

_WHITE: Color = (255, 255, 255)


def light_on_figures(hour_light: Color, lights: Sequence[Light], width: float) -> Color:
    """Return the light on figures: half of the darkness, for readable faces, and warmth from lights near the middle."""
    light = mix(hour_light, _WHITE, 0.55)
    if hour_light == _WHITE or not lights:
        return light
    near = sum(lamp.strength for lamp in lights if abs(lamp.x - width / 2) < lamp.radius * 1.4)
    return mix(light, (255, 232, 196), min(0.45, near * 0.22))


def brighten(surface: Surface, lights: Sequence[Light]) -> None:
    """Restore the colours of everything in a lamp's reach, by dividing the darkness of the hour away."""
    for lamp in lights:
        strength = min(0.6, lamp.strength * 0.58)
        surface.fill(ellipse(lamp.x, lamp.y, lamp.radius), _fading(lamp, lamp.color, strength), mode="color-dodge")


def draw_halos(surface: Surface, lights: Sequence[Light]) -> None:
    """Draw the shimmer around each light; figures are laid over it and keep their colours."""
    for lamp in lights:
        reach = Light(lamp.x, lamp.y, lamp.radius * 0.62, lamp.color, lamp.strength)
        surface.fill(
            ellipse(lamp.x, lamp.y, reach.radius), _fading(reach, lamp.color, lamp.strength * 0.22), mode="screen"
        )


def _fading(lamp: Light, color: Color, strength: float) -> Gradient:
    # A dodge is a quotient, so a light fades when its colour is dimmed, not its opacity.
    stops = []
    for share in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        level = strength * (1 - share) ** 1.7
        stops.append((share, mix((0, 0, 0), color, level), 1.0))
    return Gradient((lamp.x, lamp.y), (lamp.x, lamp.y), tuple(stops), lamp.radius)
