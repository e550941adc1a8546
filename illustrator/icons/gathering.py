"""Makes `icons.json.gz` from the Fluent Emoji Flat set: `python -m illustrator.icons.gathering ICONS.JSON`.

The set comes from npm (`npm pack @iconify-json/fluent-emoji-flat@1.2.6`, its `icons.json`). Only the icons that the
tables name are taken, every shape as a path: [fill or stroke colour, outline, opacity, stroke width or 0].
"""

import gzip
import json
import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

from illustrator.icons.catalog import ICONS_FILE
from illustrator.icons.scenery import SCENERY
from illustrator.props import props

Part = list[str | float]


def main() -> int:
    """Write the file anew; the same set and tables give the same bytes."""
    icons = json.loads(Path(sys.argv[1]).read_text())["icons"]
    wanted = {prop.icon for prop in props().values() if prop.icon and ":" not in prop.icon} | set(SCENERY)
    parts = {name: parts_of(icons[name]["body"]) for name in sorted(wanted)}
    text = json.dumps(parts, separators=(",", ":"))
    ICONS_FILE.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    sys.stdout.write(f"{len(parts)} icons, {ICONS_FILE.stat().st_size} bytes\n")
    return 0


def parts_of(body: str) -> list[Part]:
    """Return the shapes of an icon in the order of drawing."""
    root = ET.fromstring(f"<svg>{body}</svg>")  # noqa: S314 - a file of our own choice, read once by a developer
    gradients = {
        f"url(#{node.get('id')})": node[0].get("stop-color", "#888")
        for node in root.iter("linearGradient")
        if len(node)
    }
    return [[gradients.get(str(color), color), *rest] for color, *rest in _parts_in(root, "#000") if color != "none"]


def _parts_in(node: ET.Element, inherited: str) -> Iterator[Part]:
    for child in node:
        fill = child.get("fill", inherited)
        if child.tag == "g":
            yield from _parts_in(child, fill)
        elif child.tag in {"path", "rect", "circle", "ellipse"}:
            outline = _outline(child)
            opacity = float(child.get("opacity", "1"))
            if child.get("stroke"):
                yield [_color(child.get("stroke", "")), outline, opacity, float(child.get("stroke-width", "1"))]
            if child.get("fill") is not None or not child.get("stroke"):
                yield [_color(fill), outline, opacity, 0]


def _color(code: str) -> str:
    return "#" + "".join(digit * 2 for digit in code[1:]) if re.fullmatch(r"#[0-9a-fA-F]{3}", code) else code


def _outline(node: ET.Element) -> str:
    if node.tag == "path":
        return node.get("d", "")
    if node.tag == "rect":
        x, y, width, height = (float(node.get(key, "0")) for key in ("x", "y", "width", "height"))
        r = min(float(node.get("rx", "0")), width / 2, height / 2)
        arc = f"a{r:g} {r:g} 0 0 1"
        return (
            f"M{x + r:g} {y:g}h{width - 2 * r:g}{arc} {r:g} {r:g}v{height - 2 * r:g}{arc} {-r:g} {r:g}"
            f"h{2 * r - width:g}{arc} {-r:g} {-r:g}v{2 * r - height:g}{arc} {r:g} {-r:g}z"
        )
    cx, cy = float(node.get("cx", "0")), float(node.get("cy", "0"))
    rx, ry = float(node.get("rx", node.get("r", "0"))), float(node.get("ry", node.get("r", "0")))
    return f"M{cx - rx:g} {cy:g}a{rx:g} {ry:g} 0 1 0 {2 * rx:g} 0a{rx:g} {ry:g} 0 1 0 {-2 * rx:g} 0z"


if __name__ == "__main__":
    sys.exit(main())
