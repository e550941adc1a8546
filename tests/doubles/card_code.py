"""The code that a dataset's card shows."""

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Example:
    """A piece of it, and the package that it asks for beside those that are always there."""

    needs: str
    code: str


def code_on_card(root: Path) -> list[Example]:
    """Every piece, in order."""
    card = (root / "README.md").read_text("utf-8")
    found = re.findall(r"(?:<!-- needs: (\w+) -->\n)?```python\n(.*?)```", card, re.DOTALL)
    return [Example(needs, code) for needs, code in found]
