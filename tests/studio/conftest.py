from functools import partial
from pathlib import Path

import pytest

from tests.doubles.open_studio import OpensStudio, studio_opened


@pytest.fixture
def open_studio(tmp_path: Path) -> OpensStudio:
    return partial(studio_opened, tmp_path / "studio")
