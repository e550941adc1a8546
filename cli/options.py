"""Options that several commands share, and the options of a run, which are derived from the settings."""

import inspect
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin

import typer

if TYPE_CHECKING:
    from configs.options import RunOptions

Target = Annotated[str, typer.Argument(help="Root of the dataset: a path, or a URL such as s3://bucket/stories.")]
Source = Annotated[str, typer.Argument(help="Storyboards: a file, a directory, a glob or a URL.")]
Config = Annotated[
    str | None, typer.Option(help="Read settings from this YAML profile: a file, or a name in configs/.")
]
Studio = Annotated[bool, typer.Option("--studio", help="Use a studio on this machine, without a key and at no cost.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]

_FLAG_OF_OPTION = {"formats": "--format", "references": "--no-references"}
"""Name of an option -> its flag, where the flag does not follow from the name."""


def profile_of(config: str | None, *, studio: bool) -> str | None:
    """Return the profile that the options name; the default for a studio is the profile `studio`."""
    return config or ("studio" if studio else None)


def run_options(*names: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Return a decorator that adds these options to a command, which takes them as `chosen: dict[str, object]`.

    Flag, type and help text come from the field of the setting. `chosen` holds only the options that the caller gave.
    """

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        signature = inspect.signature(command)
        own = [parameter for name, parameter in signature.parameters.items() if name != "chosen"]
        added = [_parameter(name) for name in names]

        def with_options(**values: Any) -> int:  # noqa: ANN401 - each option has a type of its own
            chosen = {name: _value(name, values.pop(name)) for name in names}
            given = {name: value for name, value in chosen.items() if value is not None}
            return command(**values, chosen=given)

        with_options.__name__, with_options.__doc__ = command.__name__, command.__doc__
        with_options.__signature__ = signature.replace(parameters=[*own, *added])  # type: ignore[attr-defined]
        with_options.__annotations__ = {parameter.name: parameter.annotation for parameter in (*own, *added)}
        return with_options

    return decorate


def options_of(chosen: dict[str, object]) -> "RunOptions":
    """Return the options as one validated object; raises `ConfigurationError` naming the flag of a wrong value."""
    from pydantic import ValidationError

    from configs.options import RunOptions
    from stories.errors import ConfigurationError

    try:
        return RunOptions.model_validate(chosen)
    except ValidationError as exc:
        problem = exc.errors(include_url=False)[0]
        flag = _flag(str(problem["loc"][0]))
        raise ConfigurationError(f"{flag} {problem['input']!r}: {problem['msg'].lower()}") from exc


def _flag(name: str) -> str:
    return _FLAG_OF_OPTION.get(name, f"--{name.replace('_', '-')}")


def _parameter(name: str) -> inspect.Parameter:
    """Return the parameter of a command for the option of this name, as typer reads it."""
    from configs.options import SETTING_OF_OPTION, RunOptions, setting

    field = setting(name) if name in SETTING_OF_OPTION else RunOptions.model_fields[name]
    kinds = [kind for kind in get_args(field.annotation) if kind is not type(None)] or [field.annotation]
    kind = tuple if get_origin(field.annotation) is tuple else kinds[0]
    annotation, default = _typer_type(_flag(name), kind, field.description or "")
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _typer_type(flag: str, kind: Any, help_text: str) -> tuple[Any, object]:  # noqa: ANN401
    if kind is bool:
        negated = flag == _FLAG_OF_OPTION["references"]
        text = f"Do not {help_text[:1].lower()}{help_text[1:]}" if negated else help_text
        return Annotated[bool, typer.Option(flag, help=text)], False
    if kind is Decimal:  # typer reads it as text, so that `_eur` can raise our own error for a wrong amount
        return Annotated[str | None, typer.Option(flag, metavar="EUR", help=help_text)], None
    if kind is tuple:
        return Annotated[list[str] | None, typer.Option(flag, help=f"{help_text} Repeat the option for more.")], None
    return Annotated[kind | None, typer.Option(flag, help=help_text)], None


def _value(name: str, value: object) -> object:
    """Return the value for the setting, or None if the caller did not give the option."""
    if _flag(name).startswith("--no-") and not name.startswith("no_"):
        return False if value else None
    if value is False or value == []:
        return None
    return _eur(value, _flag(name)) if name.endswith(("_eur", "_eur_total")) and isinstance(value, str) else value


def _eur(text: str, flag: str) -> Decimal:
    from decimal import InvalidOperation

    from stories.errors import ConfigurationError

    try:
        return Decimal(text)
    except InvalidOperation as exc:
        raise ConfigurationError(f"{flag} {text!r}: an amount such as 25 or 12.50 is expected") from exc
