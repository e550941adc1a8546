"""Each rule reports what it forbids, and accepts code that only looks similar."""

import pytest

from tests.architecture.import_rules import import_cycle
from tests.architecture.source_tree import Module
from tests.architecture.test_architecture import RULES

LONG_FUNCTION = "def f():\n    '''Doc.'''\n" + "    x = 1\n" * 39
TASK_OF_16_LINES = "@task\nasync def save_story():\n    '''Doc.'''\n" + "    x = 1\n" * 16

CAUGHT = [
    ("imports go down the floors", "stories/api/poll.py", "from stories.ledger.events import Intent"),
    ("imports go down the floors", "stories/api/poll.py", "import stories.storage.fsspec_store"),
    ("imports go down the floors", "stories/ledger/submits.py", "from stories.dataset import layout"),
    ("imports go down the floors", "stories/ledger/submits.py", "from stories.storyboards.reading import read"),
    ("imports go down the floors", "stories/storyboards/reading.py", "from stories.dataset import layout"),
    ("imports go down the floors", "stories/batch/plan.py", "def f():\n    from flows.produce_stories import g"),
    ("imports go down the floors", "stories/ledger/submits.py", "from stories.batch.story import produce"),
    ("imports go down the floors", "stories/api/poll.py", "from stories import pacing"),
    ("imports go down the floors", "stories/api/wire.py", "from stories.storage.store import Store"),
    ("imports go down the floors", "stories/batch/story.py", "from studio.app import build_app"),
    ("imports go down the floors", "stories/batch/story.py", "from configs.settings import Settings"),
    ("imports go down the floors", "tasks/story.py", "from configs.settings import Settings"),
    ("imports go down the floors", "tasks/story.py", "import tests.doubles.processes"),
    ("imports go down the floors", "flows/produce_shard.py", "from cli.app import main"),
    ("imports go down the floors", "studio/app.py", "from stories.errors import StoriesError"),
    ("imports go down the floors", "studio/app.py", "from stories import clock"),
    ("imports go down the floors", "illustrator/ideas.py", "from stories.api.wire import Storyboard"),
    ("imports go down the floors", "illustrator/ideas.py", "from studio.work.storyboards import MAX_CAST"),
    ("imports go down the floors", "stories/batch/story.py", "from illustrator.pictures import draw_scene"),
    ("imports go down the floors", "configs/settings.py", "from stories.ledger.events import Intent"),
    ("imports go down the floors", "stories/attic/door.py", ""),
    ("imports go down the floors", "stories/planning.py", ""),
    ("imports go down the floors", "stories/batch/plan.py", "from stories.maintenance.gallery import build_galleries"),
    ("imports go down the floors", "stories/jobs/poller.py", "from stories.single.folder import ImageSelection"),
    ("imports go down the floors", "stories/target.py", "from stories.jobs.poller import JobPoller"),
    ("imports go down the floors", "stories/config.py", "from stories.ledger.events import Intent"),
    ("imports go down the floors", "illustrator/scene.py", "from stories.api.wire import Scene"),
    ("prefect stays with the flows", "stories/batch/plan.py", "from prefect import flow"),
    ("prefect stays with the flows", "stories/batch/plan.py", "def f():\n    import prefect.runtime"),
    ("prefect stays with the flows", "cli/batch.py", "from prefect_aws import S3Bucket"),
    ("prefect stays with the flows", "tests/stories/batch/test_plan.py", "import prefect"),
    ("imports are absolute", "stories/api/poll.py", "from .access import ApiAccess"),
    ("imports are absolute", "tests/stories/test_x.py", "from . import conftest"),
    ("a module has at most 300 lines, a test module 400", "stories/batch/plan.py", "x = 1\n" * 301),
    ("a module has at most 300 lines, a test module 400", "tests/stories/test_x.py", "x = 1\n" * 401),
    ("a function has at most 40 lines", "stories/batch/plan.py", LONG_FUNCTION),
    (
        "a function has at most 40 lines",
        "stories/batch/plan.py",
        "class C:\n" + "    x = 1\n    def f(self): return [\n" + "1,\n" * 40 + "]",
    ),
    ("a module is named for its subject", "stories/utils.py", ""),
    ("a module is named for its subject", "tests/helpers/waiting.py", ""),
    ("an __init__ is empty or a short list of exports", "stories/api/__init__.py", "import a\n" * 11),
    ("an __init__ is empty or a short list of exports", "stories/api/__init__.py", "logger = make()"),
    ("what is public has a docstring", "stories/batch/plan.py", "x = 1"),
    ("what is public has a docstring", "stories/batch/plan.py", "'''Doc.'''\ndef plan(): ..."),
    ("what is public has a docstring", "stories/batch/plan.py", "'''Doc.'''\nclass Plan: ..."),
    ("the environment is read in configs alone", "stories/batch/plan.py", "import os\nx = os.environ['HOME']"),
    ("the environment is read in configs alone", "cli/app.py", "from os import getenv"),
    ("a library does not print", "stories/batch/plan.py", "def f(): print('x')"),
    ("a library does not print", "studio/app.py", "print('x')"),
    ("time is an argument", "stories/batch/plan.py", "import time\nx = time.monotonic()"),
    ("time is an argument", "stories/batch/plan.py", "from time import time_ns"),
    ("time is an argument", "stories/batch/plan.py", "import time\ndef f(clock=time.time): ..."),
    ("time is an argument", "stories/batch/plan.py", "from datetime import datetime\nx = datetime.now(UTC)"),
    ("time is an argument", "tasks/story.py", "import datetime as dt\nx = dt.date.today()"),
    ("time is an argument", "tasks/story.py", "async def f():\n    await asyncio.sleep(1)"),
    ("time is an argument", "tasks/story.py", "async def f(seconds):\n    await asyncio.sleep(seconds)"),
    ("randomness is an argument", "stories/batch/plan.py", "import random\nx = random.random()"),
    ("randomness is an argument", "stories/batch/plan.py", "from random import choice"),
    ("randomness is an argument", "stories/batch/plan.py", "import random\nx = random.Random()"),
    ("a task has at most 15 lines, a flow 60", "tasks/story.py", TASK_OF_16_LINES),
    ("a task has at most 15 lines, a flow 60", "flows/f.py", "@flow(name='f')\ndef f():\n" + "    x = 1\n" * 61),
    ("retries and timeouts are named in tasks.policies", "tasks/story.py", "@task(retries=3)\ndef f(): ..."),
    ("retries and timeouts are named in tasks.policies", "flows/f.py", "@flow(timeout_seconds=60 * 60)\ndef f(): ..."),
    ("retries and timeouts are named in tasks.policies", "flows/f.py", "MANY = 3\nf.with_options(retries=MANY)"),
    ("a poll is not cached", "tasks/story.py", "@task\nasync def poll_story(): ..."),
    ("a poll is not cached", "tasks/story.py", "@task(cache_policy=INPUTS)\nasync def poll_story(): ..."),
    (
        "tasks are awaited, not submitted in bulk",
        "flows/f.py",
        "from tasks.story import save_story\nsave_story.submit(1)",
    ),
    ("tasks are awaited, not submitted in bulk", "flows/f.py", "from tasks import story\nstory.save_story.map([1])"),
    (
        "tasks are awaited, not submitted in bulk",
        "tasks/story.py",
        "@task\ndef f(): ...\nf.with_options(name='g').submit()",
    ),
    ("tests do not sleep", "tests/stories/test_x.py", "import time\ntime.sleep(0.02)"),
    ("tests do not sleep", "tests/stories/test_x.py", "PAUSE = 1\nasync def f():\n    await asyncio.sleep(PAUSE)"),
    ("tests do not sleep", "tests/stories/test_x.py", "while not ready():\n    time.sleep(0.5)"),
    ("tests do not sleep", "tests/stories/test_x.py", "while True:\n    time.sleep(0.1)"),
    ("tests use the real parts", "tests/stories/test_x.py", "from unittest.mock import AsyncMock"),
    ("tests use the real parts", "tests/stories/test_x.py", "from unittest import mock"),
    ("tests use the real parts", "tests/stories/test_x.py", "def test(monkeypatch): monkeypatch.setattr(a, 'b', 1)"),
]

LET_BE = [
    ("imports go down the floors", "stories/ledger/submits.py", "from stories.storyboards.story import Story"),
    ("imports go down the floors", "stories/ledger/submits.py", "from stories.ledger import records\nimport json"),
    (
        "imports go down the floors",
        "stories/batch/story.py",
        "from stories import target\nfrom stories.api import poll",
    ),
    (
        "imports go down the floors",
        "cli/batch.py",
        "from configs.settings import read\nfrom studio.app import build_app",
    ),
    ("imports go down the floors", "flows/f.py", "from configs.settings import read\nfrom tasks import story"),
    (
        "imports go down the floors",
        "studio/app.py",
        "from stories.api.wire import Storyboard\nfrom studio.work.jobs import Job\nimport illustrator.encoding",
    ),
    ("imports go down the floors", "stories/api/wire.py", "from stories.strict_json import JsonObject"),
    ("imports go down the floors", "stories/target.py", "from stories.ledger.ledger import Ledger"),
    ("imports go down the floors", "stories/dataset/__init__.py", ""),
    ("prefect stays with the flows", "cli/flow_run.py", "import prefect"),
    ("prefect stays with the flows", "tests/flows/test_f.py", "import prefect"),
    ("a function has at most 40 lines", "flows/f.py", f"@flow\n{LONG_FUNCTION}"),
    (
        "an __init__ is empty or a short list of exports",
        "stories/api/__init__.py",
        "'''D.'''\nimport a\n__all__ = ['a']",
    ),
    ("what is public has a docstring", "stories/batch/plan.py", "'''Doc.'''\ndef _plan(): ..."),
    ("the environment is read in configs alone", "configs/settings.py", "import os\nx = os.environ"),
    ("time is an argument", "stories/batch/plan.py", "x = clock.now()\ny = clock.monotonic()\nclock.sleep(5)"),
    ("time is an argument", "stories/batch/plan.py", "async def f():\n    await asyncio.sleep(0)"),
    ("time is an argument", "stories/clock.py", "import time\nx = time.monotonic()"),
    ("randomness is an argument", "stories/batch/plan.py", "import random\ndef f(dice: random.Random): dice.random()"),
    ("a task has at most 15 lines, a flow 60", "tasks/story.py", TASK_OF_16_LINES.replace("    x = 1\n", "", 1)),
    (
        "retries and timeouts are named in tasks.policies",
        "tasks/story.py",
        "from tasks.policies import LONGEST\n@task(timeout_seconds=LONGEST)\ndef f(): ...",
    ),
    (
        "retries and timeouts are named in tasks.policies",
        "tasks/story.py",
        "from tasks import policies\n@task(retries=policies.POLL_RETRIES)\ndef f(): ...",
    ),
    ("a poll is not cached", "tasks/story.py", "@task(cache_policy=policies.NO_CACHE)\nasync def poll_story(): ..."),
    ("a poll is not cached", "tasks/story.py", "@task(cache_policy=policies.UNCACHED)\nasync def poll_story(): ..."),
    ("a poll is not cached", "tasks/policies.py", "UNCACHED = NO_CACHE"),
    ("a poll is not cached", "tasks/story.py", "def poll_window(): ..."),
    ("tasks are awaited, not submitted in bulk", "tasks/story.py", "async def f(ledger):\n    await ledger.submit(1)"),
    ("tests do not sleep", "tests/stories/test_x.py", "time.sleep(0.01)\nclock.sleep(60)"),
    ("tests do not sleep", "tests/stories/test_x.py", "while not ready():\n    time.sleep(0.1)"),
    ("tests use the real parts", "tests/stories/test_x.py", "def test(monkeypatch): monkeypatch.setenv('A', 'b')"),
]

RULE_BY_NAME = {rule.says: rule for rule in RULES}


@pytest.mark.parametrize(("says", "path", "source"), CAUGHT)
def test_a_rule_catches(says: str, path: str, source: str) -> None:
    assert RULE_BY_NAME[says].violations(Module(path, source))


@pytest.mark.parametrize(("says", "path", "source"), LET_BE)
def test_a_rule_lets_be(says: str, path: str, source: str) -> None:
    assert RULE_BY_NAME[says].violations(Module(path, source)) == []


def test_every_rule_is_shown_to_catch_something() -> None:
    assert {says for says, _, _ in CAUGHT} == set(RULE_BY_NAME)


def test_a_circle_of_imports_is_found_though_it_is_lazy() -> None:
    modules = [
        Module("stories/a.py", "from stories.b import f"),
        Module("stories/b.py", "def f():\n    from stories import a"),
        Module("stories/__init__.py", ""),
    ]
    assert set(import_cycle(modules)) == {"stories.a", "stories.b"}


def test_a_chain_of_imports_is_no_circle() -> None:
    modules = [Module("stories/a.py", "import stories.b"), Module("stories/b.py", "from stories import c")]
    assert import_cycle([*modules, Module("stories/c.py", "import json")]) == []
