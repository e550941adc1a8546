"""What people get wrong, and the one message that tells them: before anything is started, sent or written."""

from pathlib import Path

import pytest

from cli.app import run

BOARD = '{"scenes": [{"prompt": "A fox."}]}'
GOOD_KEY = "dpct_0123456789"


@pytest.fixture
def boards(tmp_path: Path) -> Path:
    directory = tmp_path / "boards"
    directory.mkdir()
    (directory / "fox.json").write_text(BOARD)
    return directory


@pytest.mark.parametrize(
    ("arguments", "variables", "words"),
    [
        (["{boards}", "{out}"], {}, ("no API key", "DEPICTA_API_KEY", "--studio")),
        (
            ["{boards}", "{out}", "--no-cap"],
            {"DEPICTA_API_KEY": "two words"},
            ("the API key is malformed", "DEPICTA_API_KEY"),
        ),
        (["{boards}", "{out}"], {"DEPICTA_API_KEY": GOOD_KEY}, ("no cost cap", "--max-cost-eur", "--no-cap")),
        (
            ["{boards}", "{out}", "--no-cap"],
            {"DEPICTA_API_KEY": GOOD_KEY, "DEPICTA_API_URL": "http://api.example.org"},
            ("must be https",),
        ),
        (
            ["{boards}", "{out}", "--no-cap"],
            {"DEPICTA_API_KEY": "dpct_dev_0123456789", "DEPICTA_API_URL": "https://api.example.org"},
            ("dpct_dev_",),
        ),
        (["{boards}/none-*.json", "{out}", "--studio"], {}, ("none-*.json", "names no storyboard file")),
        (["{boards}/nowhere", "{out}", "--studio"], {}, ("nowhere", "nothing is there")),
        (["simplecache::file://{boards}", "{out}", "--studio"], {}, ("chained URLs (::)",)),
        (["{boards}", "simplecache::file://{out}", "--studio"], {}, ("chained URLs (::)",)),
        (["{boards}", "{boards}/out", "--studio"], {}, ("lies inside the source",)),
        (["{boards}", "http://example.org/out", "--studio"], {}, ("http: is not supported",)),
        (["{boards}", "s3:///out", "--studio"], {}, ("the bucket is missing",)),
        (["{boards}", "{out}", "--studio", "--in-flight", "0"], {}, ("--in-flight 0", "greater than or equal to 1")),
        (["{boards}", "{out}", "--studio", "--format", "gif"], {}, ("--format 'gif'", "'png', 'jpeg' or 'webp'")),
        (["{boards}", "{out}", "--studio", "--max-cost-eur", "many"], {}, ("--max-cost-eur 'many'", "12.50")),
        (["{boards}", "{out}", "--studio", "--max-cost-eur-total", "x"], {}, ("--max-cost-eur-total 'x'", "12.50")),
        (
            ["{boards}", "{out}", "--studio", "--max-cost-eur-total", "0"],
            {},
            ("--max-cost-eur-total", "greater than 0"),
        ),
        (["{boards}", "{out}", "--studio", "--config", "nope"], {}, ("profile 'nope'", "nightly", "studio")),
        (
            ["{boards}", "{out}", "--studio"],
            {"DEPICTA_PACE_IN_FLIGHT": "none"},
            ("pace.in_flight", "DEPICTA_PACE_IN_FLIGHT"),
        ),
        (["{boards}"], {}, ("Missing argument", "target")),
        (["{boards}", "{out}", "--nonsense"], {}, ("No such option", "--nonsense")),
    ],
)
def test_what_cannot_work_is_told_in_one_message(
    arguments: list[str],
    variables: dict[str, str],
    words: tuple[str, ...],
    boards: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit 1, the message on stderr alone, and nothing at the target."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    target = boards.parent / "out"
    code = run(["batch", "run", *(word.format(boards=boards, out=target) for word in arguments)])
    written = capsys.readouterr()
    assert code == 1
    assert written.out == ""
    assert all(word in written.err for word in words), written.err
    assert "Traceback" not in written.err
    assert not any(value in written.err for value in variables.values() if value.startswith("dpct_"))
    assert not target.exists()


def test_with_json_an_error_is_one_object(boards: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A code and a message, on stderr."""
    assert run(["batch", "run", str(boards), str(boards.parent / "out"), "--json"]) == 1
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.startswith('{"error": "configuration_error", "message": "no API key')
