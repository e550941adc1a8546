"""Killed while stories come in, the studio loses none that it accepted and charges none twice.

`make studiokills` does it a hundred times; here it is a few. `STUDIO_KILLS` is how many.
"""

import os
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.doubles.studio_kills import BALANCE_EUR, kill_under_load

KILLS = int(os.environ.get("STUDIO_KILLS", "3"))


@pytest.mark.timeout(60 + 10 * KILLS)
async def test_every_accepted_story_is_completed_and_charged_once_however_often_the_studio_is_killed(
    tmp_path: Path,
) -> None:
    books = await kill_under_load(tmp_path, kills=KILLS, chance=random.Random(4))  # noqa: S311 - moments that repeat
    print(books)  # noqa: T201 - what `make studiokills` shows
    assert books.kills == KILLS
    assert len(books.accepted) > KILLS
    assert set(books.accepted) <= books.jobs.keys()
    assert set(books.jobs.values()) == {"completed"}
    assert Counter(books.charged) == Counter(list(books.jobs))
    assert books.balance_eur == BALANCE_EUR - books.charged_eur
