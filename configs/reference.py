"""The reference of all settings: the tables of `docs/settings.md`. Run as a program, it rewrites that page."""

from collections.abc import Iterator
from decimal import Decimal
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MinLen
from pydantic.fields import FieldInfo

from configs.loading import variables_of
from configs.options import SETTING_OF_OPTION
from stories.config import SECTIONS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "settings.md"
_BEGIN, _END = "<!-- settings: begin -->", "<!-- settings: end -->"
_BOUNDS = {Ge: ("ge", "≥"), Gt: ("gt", ">"), Le: ("le", "≤"), Lt: ("lt", "<")}


def settings_table() -> str:
    """Return all settings as Markdown: one table per section, with name, variable, option, values, default, meaning."""
    return "\n".join(_lines())


def renewed_page(page: str) -> str:
    """Return the page with the current tables between its two comments."""
    before, _, rest = page.partition(_BEGIN)
    _, _, after = rest.partition(_END)
    return f"{before}{_BEGIN}\n{settings_table()}\n{_END}{after}"


def _lines() -> Iterator[str]:
    options = {place: option for option, place in SETTING_OF_OPTION.items()}
    for section, settings in SECTIONS.items():
        yield f"\n### `{section}`\n\n{(settings.__doc__ or '').strip()}\n"
        yield "| profile key | environment | option of a run | values | default | meaning |"
        yield "|---|---|---|---|---|---|"
        for name, field in settings.model_fields.items():
            variables = ", ".join(f"`{variable}`" for variable in variables_of(section, name))
            option = f"`{options[section, name]}`" if (section, name) in options else ""
            cells = (f"`{name}`", variables, option, _values(field), _default(field), field.description or "")
            yield f"| {' | '.join(cells)} |"


def _values(field: FieldInfo) -> str:
    bounds = [
        f"{sign} {getattr(constraint, attribute):g}"
        for constraint in field.metadata
        for kind, (attribute, sign) in _BOUNDS.items()
        if isinstance(constraint, kind)
    ]
    at_least_one = any(isinstance(constraint, MinLen) for constraint in field.metadata)
    return " ".join(filter(None, [_type_name(field.annotation), ", ".join(bounds), "(at least one)" * at_least_one]))


def _type_name(annotation: object) -> str:
    parts = [part for part in get_args(annotation) if part not in (type(None), ...)]
    if get_origin(annotation) is tuple:
        return f"list of {_type_name(parts[0])}"
    if isinstance(annotation, UnionType) or parts:
        return " or ".join(_type_name(part) for part in parts)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return ", ".join(f"`{member.value}`" for member in annotation)
    names = {bool: "true or false", int: "whole number", float: "number", Decimal: "amount", str: "text"}
    return names.get(annotation, "text") if isinstance(annotation, type) else "text"


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ", ".join(f"`{getattr(word, 'value', word)}`" for word in value)
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{getattr(value, 'value', value)}`"


if __name__ == "__main__":
    PAGE.write_text(renewed_page(PAGE.read_text("utf-8")), "utf-8")
