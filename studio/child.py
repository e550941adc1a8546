"""The other end of `studio.process`: what `python -m studio` does."""

import json
import sys

from studio.errors import StudioError
from studio.server import serve
from studio.settings import StudioAddress, StudioSettings


def main() -> int:
    """Serve as the first line of stdin says; answer with the address or the error in one line on stdout."""
    message = json.loads(sys.stdin.buffer.readline())
    settings = StudioSettings.model_validate(message["settings"])
    try:
        serve(settings, announce=_announce, key=message["key"], stop_when_stdin_closes=True)
    except StudioError as exc:
        _answer({"error": str(exc)})
        return 1
    return 0


def _announce(address: StudioAddress) -> None:
    _answer({"url": address.url, "key": address.key, "page_url": address.page_url})


def _answer(document: dict[str, str | None]) -> None:
    sys.stdout.write(json.dumps(document) + "\n")
    sys.stdout.flush()
