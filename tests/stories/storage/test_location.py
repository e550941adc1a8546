import subprocess
import sys
from pathlib import Path

import pytest

from stories.errors import PermanentError, SourceUnreadable, TargetUnusable
from stories.storage.fsspec_store import open_store
from stories.storage.location import open_location


@pytest.mark.parametrize(
    ("url", "spelling", "root"),
    [
        ("/data/stories", "/data/stories", "/data/stories"),
        ("/data//stories/./x/", "/data/stories/x", "/data/stories/x"),
        ("//data/stories", "/data/stories", "/data/stories"),
        ("file:///data/stories/", "/data/stories", "/data/stories"),
        ("FILE://localhost/data/my%20stories", "/data/my stories", "/data/my stories"),
        ("/data/my stories/[1] ü", "/data/my stories/[1] ü", "/data/my stories/[1] ü"),
        ("/data/**/*.json", "/data/**/*.json", "/data/**/*.json"),
        ("s3://bucket", "s3://bucket", "bucket"),
        ("s3a://bucket//a//b/", "s3://bucket/a/b", "bucket/a/b"),
        ("s3://my-bucket.v2/boards/**/*.js?n", "s3://my-bucket.v2/boards/**/*.js?n", "my-bucket.v2/boards/**/*.js?n"),
    ],
)
def test_spellings_of_one_place_become_one(url: str, spelling: str, root: str) -> None:
    location = open_location(url, refusal=SourceUnreadable)
    assert (location.url, location.root) == (spelling, root)


def test_google_storage_has_two_names() -> None:
    location = open_location("gcs://bucket/a", refusal=SourceUnreadable, storage_options={"token": "anon"})
    assert (location.url, location.root, location.protocol) == ("gs://bucket/a", "bucket/a", "gs")


def test_an_azure_account_in_the_url_is_kept() -> None:
    url = "abfss://boards@depicta1.dfs.core.windows.net//a/b"
    location = open_location(url, refusal=SourceUnreadable)
    assert (location.url, location.root) == ("abfss://boards@depicta1.dfs.core.windows.net/a/b", "boards/a/b")
    assert location.filesystem.account_name == "depicta1"


def test_a_relative_path_and_the_home_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert open_location("out/demo", refusal=TargetUnusable).url == f"{tmp_path}/out/demo"
    assert open_location("./a:b", refusal=TargetUnusable).url == f"{tmp_path}/a:b"
    assert open_location(".", refusal=TargetUnusable).url == str(tmp_path)
    assert open_location("~/stories", refusal=TargetUnusable).url == f"{tmp_path}/home/stories"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "empty"),
        ("  ", "empty"),
        (" s3://bucket/x", "white space"),
        ("/data/x\n", "white space"),
        ("/data/\x1b[31mred", "control characters"),
        ("/", "root directory"),
        ("//", "root directory"),
        ("/./", "root directory"),
        ("file:///", "root directory"),
        ("~", r"~/stories"),
        ("~/", r"~/stories"),
        ("~//", r"~/stories"),
        ("~/.", r"~/stories"),
        ("~nobody-of-this-name/x", "no such home directory"),
        ("/data/../etc", r"write /etc"),
        ("file:///data/%2e%2e/etc", r"write /etc"),
        ("s3://bucket/../other", r"'\.\.'"),
        ("file://data/stories", r"file:///data/stories"),
        ("file:/data", "two slashes"),
        ("s3:bucket/x", "s3:// with two slashes"),
        ("s3://", "s3://bucket/path"),
        ("s3:///x", "s3://bucket/path"),
        ("gs:///x", "gs://bucket/path"),
        ("s3://bucket:9000/x", "AWS_ENDPOINT_URL"),
        ("s3://*/x", "not the name of a bucket"),
        ("http://host/x", "http: is not supported; give a local path"),
        ("https://host/x", "not supported"),
        ("zip:///a.zip", "not supported"),
        ("memory://x", "not supported"),
        ("reference://x", "not supported"),
        ("github://a:b@c", "not supported"),
        ("file::/data", "chained"),
        ("simplecache::s3://bucket/x", "chained"),
        ("zip://*.json::s3://bucket/a.zip", "chained"),
        ("s3://AKIAKEY:hunter2@bucket/x", "credentials"),
        ("s3://hunter2@bucket/x", "credentials"),
        ("s3://bucket/x?versionId=hunter2", "query"),
        ("az://container/x?sv=1&sig=hunter2", "query"),
        ("abfss://container:hunter2@account.dfs.core.windows.net/x", "credentials"),
    ],
)
def test_urls_outside_the_rules_are_refused_with_the_fix_and_without_secrets(url: str, message: str) -> None:
    refusal: type[PermanentError]
    for refusal in (SourceUnreadable, TargetUnusable):
        with pytest.raises(refusal, match=message) as caught:
            open_location(url, refusal=refusal)
        assert "hunter2" not in str(caught.value)
        assert "hunter2" not in str(caught.value.__cause__)


@pytest.mark.parametrize("url", ["/data/*", "s3://bucket/x?", "/data/a?b"])
def test_a_target_is_one_place(url: str) -> None:
    with pytest.raises(TargetUnusable, match="without"):
        open_store(url)


def test_a_missing_extra_is_named() -> None:
    program = "import sys; sys.modules['s3fs'] = None; from stories.storage.fsspec_store import open_store; open_store('s3://b1/x')"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "TargetUnusable: s3://b1/x: run  pip install 'depicta-stories[s3]'" in result.stderr


def test_options_that_the_client_does_not_take_are_refused() -> None:
    with pytest.raises(TargetUnusable, match="az://container/x"):
        open_location("az://container/x", refusal=TargetUnusable)
