"""`depicta story` keeps the vendor's contract: names, modes, exit codes, and what is said when a command ends early."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from stories.strict_json import canonical_json, sha256_hex
from tests.doubles.commands import STORYBOARD, Depicta
from tests.doubles.meddling_proxy import Answer, LostReply, Request, meddling_proxy
from tests.doubles.running_studio import RunningStudio, running_studio

At = Callable[[str], None]
Start = Callable[..., "subprocess.Popen[str]"]
FILES = [
    "characters/zo-b-2.png",
    "characters/zo-b.png",
    "locations/the-harbour.png",
    "scene-01.png",
    "scene-02.png",
]


def files(directory: Path) -> list[str]:
    """What a person sees in the directory."""
    found = (path.relative_to(directory) for path in directory.rglob("*") if path.is_file())
    return sorted(str(path) for path in found if path.parts[0] != ".depicta")


def test_json_is_the_vendors_result_and_files_have_the_vendors_names(
    depicta: Depicta, storyboard: Path, tmp_path: Path
) -> None:
    done = depicta("story", "run", storyboard, "-d", "out", "--json")
    out = tmp_path / "out"
    assert (done.code, done.err) == (0, "")
    assert done.out.count("\n") == 1
    assert list(done.document) == ["job_id", "title", "scenes", "cost_eur", "balance_eur", "characters", "locations"]
    assert done.document["title"] == "The Lighthouse Cat"
    assert done.document["scenes"] == [{"file": f"{out}/scene-01.png"}, {"file": f"{out}/scene-02.png"}]
    assert done.document["characters"] == [
        {"name": "Zoë B", "file": f"{out}/characters/zo-b.png"},
        {"name": "Zo  B", "file": f"{out}/characters/zo-b-2.png"},
    ]
    assert done.document["locations"] == [{"name": "The harbour", "file": f"{out}/locations/the-harbour.png"}]
    assert done.document["cost_eur"] == "0.35"
    assert isinstance(done.document["balance_eur"], str)
    assert files(out) == FILES


def test_images_are_the_bytes_that_were_served(
    depicta: Depicta, studio: RunningStudio, storyboard: Path, tmp_path: Path
) -> None:
    job_id = depicta("story", "run", storyboard, "-d", "out", "-f", "jpg", "--json").document["job_id"]
    poll = depicta("story", "status", job_id, "--json").document
    for number, scene in enumerate(poll["result"]["scenes"], start=1):
        served = httpx.get(scene["images"]["jpeg"], trust_env=False).content
        assert (tmp_path / f"out/scene-{number:02d}.jpg").read_bytes() == served


def test_without_references_there_are_none(depicta: Depicta, storyboard: Path, tmp_path: Path) -> None:
    done = depicta("story", "run", storyboard, "-d", "out", "--no-references", "--json", "-f", "webp")
    assert list(done.document) == ["job_id", "title", "scenes", "cost_eur", "balance_eur"]
    assert files(tmp_path / "out") == ["scene-01.webp", "scene-02.webp"]


def test_human_mode_talks_on_stderr_and_prints_the_path(depicta: Depicta, storyboard: Path, tmp_path: Path) -> None:
    done = depicta("story", "run", storyboard, "-d", "out", "--human")
    assert (done.code, done.out) == (0, f"{tmp_path}/out\n")
    assert "The Lighthouse Cat: 5 images · 0.35 EUR" in done.err
    again = depicta("story", "run", storyboard, "-d", "out", "--human", "-q")
    assert (again.code, again.out, again.err) == (0, f"{tmp_path}/out\n", "")


def test_a_pipe_gets_exactly_the_path(started: Start, storyboard: Path, tmp_path: Path) -> None:
    process = started("story", "run", storyboard, "-d", "out")
    assert process.communicate() == (f"{tmp_path}/out\n", "")
    assert process.returncode == 0


def test_errors_are_one_json_object_on_stderr_and_nothing_else(started: Start, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"scenes": [{"prompt": "[[reject]]"}]}')
    for mode in (["--json"], []):
        process = started("story", "run", "bad.json", *mode)
        out, err = process.communicate()
        assert (process.returncode, out, json.loads(err)["error"]) == (4, "", "content_rejected")


def test_the_default_directory_is_named_by_the_time(depicta: Depicta, storyboard: Path, tmp_path: Path) -> None:
    first, second = depicta("story", "run", storyboard), depicta("story", "run", storyboard)
    made = sorted(str(path) for path in tmp_path.glob("depicta-story-*"))
    assert sorted([first.out.strip(), second.out.strip()]) == made
    assert len(made) == 2
    assert all(0 <= int(name.rsplit("-", 1)[1]) - time.time() + 60 < 70 for name in made)


def test_a_finished_directory_sends_nothing_and_gives_the_same_result(
    depicta: Depicta, studio: RunningStudio, storyboard: Path, tmp_path: Path
) -> None:
    first = depicta("story", "run", storyboard, "-d", "out", "--json")
    before = len(studio.posts())
    again = depicta("story", "run", storyboard, "-d", "out", "--json")
    assert (again.code, again.document) == (0, first.document)
    assert "already holds this story; nothing was sent" in again.err
    content = (tmp_path / "out/scene-02.png").read_bytes()
    (tmp_path / "out/scene-02.png").unlink()
    assert depicta("story", "run", storyboard, "-d", "out", "--json").document == first.document
    assert (tmp_path / "out/scene-02.png").read_bytes() == content
    assert len(studio.posts()) == before


def test_another_storyboard_is_refused_before_it_is_sent(
    depicta: Depicta, studio: RunningStudio, storyboard: Path, tmp_path: Path
) -> None:
    depicta("story", "run", storyboard, "-d", "out")
    (tmp_path / "other.json").write_text('{"scenes": [{"prompt": "a dog"}]}')
    before = len(studio.posts())
    done = depicta("story", "run", "other.json", "-d", "out", "--json")
    assert done.code == 1
    assert "holds another story" in done.error["message"]
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign/scene-01.png").write_bytes(b"somebody's")
    done = depicta("story", "run", "other.json", "-d", "foreign", "--json")
    assert done.code == 1
    assert "an unknown story" in done.error["message"]
    assert len(studio.posts()) == before


def test_a_timeout_leaves_the_job_running_and_the_same_command_goes_on_with_it(
    depicta: Depicta, at: At, slow_studio: RunningStudio, storyboard: Path, tmp_path: Path
) -> None:
    at(slow_studio.url)
    before = len(slow_studio.posts())
    late = depicta("story", "run", storyboard, "-d", "out", "--timeout", "0.2", "--json")
    job_id = late.error["job_id"]
    assert (late.code, late.out, late.error["still_running"]) == (1, "", True)
    assert "do not submit it again" in late.error["message"]
    assert f"depicta story status {job_id}" in late.error["message"]
    running = depicta("story", "status", job_id, "--json")
    assert (running.code, running.document["job_id"]) == (0, job_id)
    assert running.document["status"] in ("pending", "processing")
    assert running.document["scenes_total"] == 2
    done = depicta("story", "run", storyboard, "-d", "out", "--json")
    assert (done.code, done.document["job_id"]) == (0, job_id)
    assert files(tmp_path / "out") == FILES
    assert len(slow_studio.posts()) == before + 1


def wait_for_job(studio: RunningStudio, posts: int) -> None:
    """Until the studio has answered more POSTs than these."""
    for _ in range(600):
        if len(studio.posts()) > posts:
            return
        time.sleep(0.02)
    raise AssertionError("the command sent nothing")


def test_ctrl_c_while_waiting_says_that_the_job_runs_on(
    started: Start, depicta: Depicta, at: At, slow_studio: RunningStudio, storyboard: Path, tmp_path: Path
) -> None:
    at(slow_studio.url)
    before = len(slow_studio.posts())
    process = started("story", "run", storyboard, "-d", "out", "--json")
    wait_for_job(slow_studio, before)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    error = json.loads(err)
    assert (process.returncode, out) == (1, "")
    assert error["still_running"] is True
    assert error["job_id"] == slow_studio.posts()[-1]["job_id"]
    assert f"depicta story status {error['job_id']}" in error["message"]
    done = depicta("story", "status", error["job_id"], "-d", "out", "--json")
    assert (done.code, done.document["job_id"]) == (0, error["job_id"])
    assert files(tmp_path / "out") == FILES
    assert "already holds this story" in depicta("story", "run", storyboard, "-d", "out").err
    assert len(slow_studio.posts()) == before + 1


def test_a_killed_command_is_gone_on_with(
    started: Start, depicta: Depicta, at: At, slow_studio: RunningStudio, storyboard: Path, tmp_path: Path
) -> None:
    at(slow_studio.url)
    before = len(slow_studio.posts())
    process = started("story", "run", storyboard, "-d", "out", "--json")
    wait_for_job(slow_studio, before)
    for _ in range(500):
        if list((tmp_path / "out").rglob("1.job")):
            break
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert depicta("story", "run", storyboard, "-d", "out").code == 0
    assert files(tmp_path / "out") == FILES
    assert len(slow_studio.posts()) == before + 1


def test_ctrl_c_while_references_download_says_that_it_is_charged(
    started: Start, depicta: Depicta, at: At, studio: RunningStudio, storyboard: Path, tmp_path: Path
) -> None:
    asked, interrupted = threading.Event(), threading.Event()

    def hold_references(request: Request) -> None:
        if "/character" in request.path:
            asked.set()
            interrupted.wait(30)

    with meddling_proxy(studio.url, hold_references) as url:
        at(url)
        process = started("story", "run", storyboard, "-d", "out", "--json")
        assert asked.wait(30)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
        interrupted.set()
    error = json.loads(err)
    assert (process.returncode, error["still_running"]) == (1, False)
    assert "charged" in error["message"]
    at(studio.url)
    assert depicta("story", "run", storyboard, "-d", "out").code == 0
    assert files(tmp_path / "out") == FILES


def test_a_lost_reply_is_a_doubt_that_is_never_sent_again(
    depicta: Depicta, at: At, studio: RunningStudio, storyboard: Path
) -> None:
    before = len(studio.posts())
    with meddling_proxy(studio.url, lambda request: LostReply() if request.method == "POST" else None) as url:
        at(url)
        first = depicta("story", "run", storyboard, "-d", "out", "--json")
    at(studio.url)
    again = depicta("story", "run", storyboard, "-d", "out", "--json")
    job_id = studio.posts()[-1]["job_id"]
    for done in (first, again):
        assert (done.code, done.error["error"]) == (1, "outcome_unknown")
        assert f"{job_id} (" in done.error["message"]
        assert "depicta story status JOB_ID -d" in done.error["message"]
    assert len(studio.posts()) == before + 1
    assert depicta("story", "status", job_id, "-d", "elsewhere").code == 0


@pytest.mark.parametrize(
    ("http_status", "body", "code"),
    [
        (402, {"error": "insufficient_credits", "message": "no money", "balance_eur": "0.10"}, 3),
        (403, {"error": "model_not_allowed", "message": "not yours"}, 1),
        (422, {"error": "validation_error", "message": "no", "details": {"scenes": "are too many"}}, 1),
        (429, {"error": "rate_limited", "message": "slowly"}, 5),
        (451, {"error": "content_rejected", "message": "no"}, 4),
    ],
)
def test_a_refusal_has_the_vendors_exit_code_and_the_services_words(
    depicta: Depicta, at: At, studio: RunningStudio, storyboard: Path, http_status: int, body: dict[str, str], code: int
) -> None:
    refusal = Answer(http_status, json.dumps(body).encode())
    with meddling_proxy(studio.url, lambda request: refusal if request.method == "POST" else None) as url:
        at(url)
        done = depicta("story", "run", storyboard, "-d", "out", "--json")
    assert (done.code, done.out, done.error) == (code, "", body)


def test_a_wrong_key_or_none_exits_2_and_leaves_nothing(
    depicta: Depicta, storyboard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = depicta("story", "run", storyboard, "-d", "out", "--api-key", "dpct_wrong-one")
    assert (wrong.code, wrong.error["error"]) == (2, "authentication_error")
    assert depicta("story", "run", storyboard, "--api-key", "dpct_wrong-one").code == 2
    assert depicta("story", "status", "some-job", "--api-key", "dpct_wrong-one", "--json").code == 2
    monkeypatch.delenv("DEPICTA_API_KEY")
    none = depicta("story", "run", storyboard, "-d", "out")
    assert (none.code, none.error["error"]) == (2, "authentication_error")
    assert "--studio" in none.error["message"]
    assert sorted(tmp_path.iterdir()) == [storyboard]


def test_bad_input_is_told_with_field_and_fix(depicta: Depicta, tmp_path: Path) -> None:
    assert depicta("story", "run", "nowhere.json", "--json").error["error"] == "source_unreadable"
    (tmp_path / "bad.json").write_text("{")
    assert "bad.json: not a storyboard in JSON" in depicta("story", "run", "bad.json", "--json").error["message"]
    (tmp_path / "bad.json").write_text('{"scenes": [{"prompt": ""}]}')
    done = depicta("story", "run", "bad.json", "--json")
    assert (done.code, list(done.error["details"])) == (1, ["scenes[0].prompt"])
    told = depicta("story", "run", "bad.json", "--human").err
    assert "scenes[0].prompt: is blank: say in words what the scene shows" in told


def test_an_unreachable_service_exits_1(depicta: Depicta, at: At, storyboard: Path, tmp_path: Path) -> None:
    at("http://127.0.0.1:9")
    done = depicta("story", "run", storyboard, "-d", "out", "--json")
    assert (done.code, done.error["error"]) == (1, "connection_lost")
    assert not (tmp_path / "out").exists()


def test_a_format_that_is_not_served_is_named_and_the_story_can_be_fetched_in_another(
    depicta: Depicta, at: At, storyboard: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with running_studio(tmp_path_factory.mktemp("client-form"), answers="client") as old:
        at(old.url)
        done = depicta("story", "run", storyboard, "-d", "out", "-f", "webp", "--json")
        job_id = done.error["job_id"]
        assert (done.code, done.error["still_running"]) == (1, False)
        assert "as png, not as webp" in done.error["message"]
        assert "charged" in done.error["message"]
        assert f"depicta story status {job_id} -d {tmp_path}/out -f png" in done.error["message"]
        assert depicta("story", "status", job_id, "-d", "out", "-f", "png").code == 0
        assert files(tmp_path / "out") == FILES
        assert len(old.posts()) == 1


def test_status_is_one_line_and_a_failed_job_exits_1_with_its_message(depicta: Depicta, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"scenes": [{"prompt": "a"}, {"prompt": "[[fail]]"}]}')
    run = depicta("story", "run", "bad.json", "-d", "out", "--json")
    assert (run.code, run.error["still_running"]) == (1, False)
    job_id = run.error["job_id"]
    line = depicta("story", "status", job_id)
    assert (line.code, line.out) == (1, f"{job_id}  failed  1/2 scenes\n")
    assert (line.error["job_id"], line.error["message"]) == (job_id, run.error["message"])
    assert depicta("story", "status", job_id, "-d", "elsewhere").code == 1
    unknown = depicta("story", "status", "no-such-job", "-d", "nothing", "--json")
    assert (unknown.code, unknown.error["error"]) == (1, "not_found")
    assert not (tmp_path / "nothing").exists()


def test_studio_needs_no_key_and_keeps_the_job_for_the_same_directory(
    depicta: Depicta, storyboard: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DEPICTA_API_KEY")
    monkeypatch.delenv("DEPICTA_API_URL")
    late = depicta("story", "run", storyboard, "-d", "out", "--studio", "--timeout", "0.1", "--json")
    done = depicta("story", "run", storyboard, "-d", "out", "--studio", "--json")
    assert done.code == 0
    assert late.code == 0 or late.error["job_id"] == done.document["job_id"]
    assert files(tmp_path / "out") == FILES
    assert "DEPICTA_API_URL" not in os.environ


def test_the_storyboard_is_sent_with_every_field_that_it_has(
    depicta: Depicta, studio: RunningStudio, tmp_path: Path
) -> None:
    storyboard = {**STORYBOARD, "mood": {"of": ["the", "service"]}}
    (tmp_path / "rich.json").write_text(json.dumps(storyboard, indent=4))
    assert depicta("story", "run", "rich.json").code == 0
    assert studio.posts()[-1]["body_sha256"] == sha256_hex(canonical_json(storyboard))
