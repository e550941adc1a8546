"""The packages of the extra `studio`, which the studio and its illustrator need and nothing else does."""

from importlib.util import find_spec

from stories.errors import ConfigurationError

_MODULES = ("numpy", "python_multipart", "skia_canvas_pyr", "uvicorn")


def require_studio_extra() -> None:
    """Raise `ConfigurationError` naming the pip command when a package of the extra is not installed."""
    missing = [name for name in _MODULES if find_spec(name) is None]
    if missing:
        raise ConfigurationError(
            "the studio needs the extra `studio`, which is not installed: pip install 'depicta-stories[studio]'"
            f" (missing: {', '.join(missing)})"
        )
