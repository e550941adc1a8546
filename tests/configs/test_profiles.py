"""Profiles: those that come with the project are valid, and nothing wrong in one is read over."""

from pathlib import Path

import pytest

from configs.loading import load_config
from configs.options import RunOptions
from configs.profiles import read_profile
from stories.config import RunConfig
from stories.errors import ConfigurationError

OWN = sorted(path.stem for path in Path(__file__).parents[2].glob("configs/*.yaml"))


def load(profile: str, tmp_path: Path) -> RunConfig:
    return load_config(RunOptions(profile=profile), {"HOME": str(tmp_path)})


def write(tmp_path: Path, content: str | bytes) -> str:
    path = tmp_path / "mine.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def test_the_project_brings_the_profiles_that_its_deployment_and_its_studio_name() -> None:
    assert OWN == ["nightly", "studio"]


@pytest.mark.parametrize("name", OWN)
def test_a_profile_of_the_project_holds_only_what_differs_from_the_defaults(name: str, tmp_path: Path) -> None:
    settings, defaults = load(name, tmp_path), load_config(environment={"HOME": str(tmp_path)})
    _, sections = read_profile(name)
    for section, values in sections.items():
        for setting in values:
            chosen = getattr(getattr(settings, section), setting)
            assert chosen != getattr(getattr(defaults, section), setting) or (name, setting) == ("studio", "in_flight")


@pytest.mark.parametrize("content", ["", "# nothing\n", "pace:\n  # in_flight: 3\n", "---\n"])
def test_a_profile_may_be_empty(content: str, tmp_path: Path) -> None:
    assert load(write(tmp_path, content), tmp_path) == load_config(environment={"HOME": str(tmp_path)})


def test_an_unknown_profile_is_told_with_the_names_of_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError,
        match="profile 'nigthly': there is no such file; the profiles in configs/ are nightly, studio",
    ):
        load("nigthly", tmp_path)
    with pytest.raises(ConfigurationError, match="no such file"):
        load(str(tmp_path), tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("pace: [unclosed", "not YAML"),
        ("\ttabs: 1", "not YAML"),
        (b"\xff\xfe\x00pace", "not YAML"),
        ("just words", "write sections such as"),
        ("- pace", "write sections such as"),
        ("pace: 4", "pace: write its settings indented below it"),
        ("pase: {in_flight: 4}", "no section 'pase'; the sections are api, images, storyboards, pace"),
        ("pace: {in_fligth: 4}", "no setting pace.in_fligth; pace has in_flight, submits_per_second, shared_limit"),
        ("1: {in_flight: 4}", "no section 1"),
        ("state_directory: {a: b}", "no section 'state_directory'"),
        ("api: {key: dpct_dev_canary}", "api.key does not belong in a profile; set DEPICTA_API_KEY or api.key_block"),
        ("#" * 17_000, "at most 16,384 bytes"),
        ("pace: " + "[" * 500 + "]" * 500, "nested too deeply"),
    ],
)
def test_what_is_wrong_is_told_with_the_file_and_the_fix(content: str | bytes, words: str, tmp_path: Path) -> None:
    profile = write(tmp_path, content)
    with pytest.raises(ConfigurationError) as raised:
        load(profile, tmp_path)
    assert str(raised.value).startswith(f"{profile}: ")
    assert words in str(raised.value)
    assert "canary" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_profile_runs_no_code(tmp_path: Path) -> None:
    """What PyYAML's full loader would do for these tags, its safe loader refuses."""
    ran = tmp_path / "ran"
    for tag in (f"!!python/object/apply:os.mkdir ['{ran}']", f"!!python/object/new:os.mkdir ['{ran}']"):
        with pytest.raises(ConfigurationError, match="not YAML"):
            load(write(tmp_path, f"pace: {{in_flight: {tag}}}"), tmp_path)
    assert not ran.exists()


def test_aliases_are_refused_before_they_can_multiply(tmp_path: Path) -> None:
    """Nine levels of nine are half a billion entries for whatever walks them, such as a message with the value."""
    levels = [f"  - &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]" for level in range(1, 10)]
    bomb = "\n".join(["images:", " formats:", "  - &a0 [png]", *levels])
    for content in (bomb, "pace: &p {in_flight: *p}"):
        with pytest.raises(ConfigurationError, match=r"aliases such as \*(a0|p) are refused; write the value out"):
            load(write(tmp_path, content), tmp_path)
