"""A studio as a child process, for the length of a command's `--studio` or of a test.

The child reads its settings as one JSON line from stdin and answers with one JSON line on stdout
(`studio.server.serve_parent_process`). The child ends when its stdin closes, so it never outlives its parent.
"""

import json
import select
import subprocess
import sys
from contextlib import suppress
from types import TracebackType
from typing import Self

from stories.strict_json import parse_json_object
from studio.errors import StudioError
from studio.settings import StudioAddress, StudioSettings
from studio.work.data_directory import DataDirectory

_END_SECONDS = 5.0
_MAX_LINE_BYTES = 64 * 1024


class StudioProcess:
    """A context manager: the studio accepts connections inside the block and has ended after it.

    Raises `StudioError` on entering when the studio does not start.
    """

    def __init__(self, settings: StudioSettings, *, key: str | None = None, ready_seconds: float = 60.0) -> None:
        self.settings = settings
        self._key = key
        self._ready_seconds = ready_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._address: StudioAddress | None = None

    @property
    def address(self) -> StudioAddress:
        if self._address is None:
            raise RuntimeError("the studio was not started")
        return self._address

    @property
    def pid(self) -> int:
        return self._started().pid

    def wait(self) -> int:
        """Wait until the studio ends; return its exit code, or minus the number of the signal that killed it."""
        return self._started().wait()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the studio was not started")
        return self._process

    def __enter__(self) -> Self:
        log = DataDirectory.prepare(self.settings.data_directory).log
        with log.open("ab") as errors:
            # -P: a directory `studio` in the caller's working directory must not be run in place of this package.
            # A session of its own: Ctrl-C in the terminal reaches the parent alone, which may still need the studio.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "studio"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
                bufsize=0,
            )
        try:
            self._address = self._reported_address(self._process)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the studio and wait until it has ended; does nothing when it has ended already."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            return
        process.stdin.close()
        for insist in (process.terminate, process.kill):
            try:
                process.wait(_END_SECONDS)
                break
            except subprocess.TimeoutExpired:
                insist()
        process.wait()
        process.stdout.close()

    def _reported_address(self, process: subprocess.Popen[bytes]) -> StudioAddress:
        message = {"settings": self.settings.model_dump(mode="json"), "key": self._key}
        line = b""
        if process.stdin is not None and process.stdout is not None:
            with suppress(BrokenPipeError):
                process.stdin.write(json.dumps(message).encode() + b"\n")
            if select.select([process.stdout], [], [], self._ready_seconds)[0]:
                line = process.stdout.readline(_MAX_LINE_BYTES)
        if not line:
            log = DataDirectory(self.settings.data_directory).log
            raise StudioError(f"the studio did not start; its log is {log}")
        answer = parse_json_object(line, max_bytes=_MAX_LINE_BYTES)
        if "error" in answer:
            raise StudioError(str(answer["error"]))
        return StudioAddress(url=str(answer["url"]), key=str(answer["key"]), page_url=str(answer["page_url"]))
