"""Arithmetic of colours: a palette's colour in shadow, in light and far away."""

from illustrator.scene import Color

WHITE: Color = (255, 255, 255)
INK: Color = (45, 34, 52)


def color_of(code: str) -> Color:
    """Return the colour of `#rrggbb`."""
    return int(code[1:3], 16), int(code[3:5], 16), int(code[5:7], 16)


def colors_of(codes: str) -> tuple[Color, ...]:
    """Return the colours of codes with spaces between them."""
    return tuple(color_of(code) for code in codes.split())


def mix(color: Color, other: Color, share: float) -> Color:
    """Return the first colour with this share (0 to 1) of the other in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(color, other, strict=True))
    return red, green, blue


def darker(color: Color, share: float = 0.25) -> Color:
    """Return the colour of the shadow side: deeper, and a little bluer."""
    return mix(color, (38, 24, 66), share)


def lighter(color: Color, share: float = 0.25) -> Color:
    """Return the colour of the sunny side: paler, and a little warmer."""
    return mix(color, (255, 250, 232), share)


def accent_of(color: Color) -> Color:
    """Return a colour for trimmings that contrasts with this one."""
    return lighter(color, 0.55) if luminance(color) < 0.6 else darker(color, 0.35)


def luminance(color: Color) -> float:
    """Return the perceived brightness of a colour, 0 to 1."""
    red, green, blue = color
    return (0.299 * red + 0.587 * green + 0.114 * blue) / 255


def saturated(color: Color, factor: float) -> Color:
    """Return the colour with its distance from grey multiplied by a factor."""
    grey = luminance(color) * 255
    red, green, blue = (min(255, max(0, round(grey + (part - grey) * factor))) for part in color)
    return red, green, blue


def lit_by(color: Color, light: Color) -> Color:
    """Return the colour of a thing in coloured light; white light leaves it unchanged."""
    red, green, blue = (part * share // 255 for part, share in zip(color, light, strict=True))
    return red, green, blue
