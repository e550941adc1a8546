"""The page as a person meets it, in Chromium: signed in by a link or a key, with stories that come and are drawn."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from stories.strict_json import JsonObject
from studio.process import StudioProcess
from studio.settings import StudioAddress, StudioSettings
from tests.doubles.browser import DESKTOP, PHONE, Visit, chromium, visit
from tests.doubles.open_studio import AT_SEA, AT_SEA_PROMPTS, story

UNSAFE = "<script>document.title = 'taken over'</script><img src=x onerror=\"document.title = 'taken over'\">"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioAddress]:
    settings = StudioSettings(
        data_directory=tmp_path_factory.mktemp("studio"),
        port=0,
        image_port=0,
        picture_size=(256, 256),
        seconds_per_scene=1.5,
    )
    with StudioProcess(settings) as process:
        yield process.address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def send(studio: StudioAddress, board: JsonObject) -> None:
    request = urllib.request.Request(  # noqa: S310 - it is on loopback
        f"{studio.url}/v1/generate/story",
        data=json.dumps(board).encode(),
        headers={"Authorization": f"Bearer {studio.key}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        assert answer.status == 202


def sign_in(seen: Visit, studio: StudioAddress) -> None:
    seen.page.goto(studio.url)
    seen.page.get_by_label("Key").fill(studio.key)
    seen.page.get_by_role("button").click()
    seen.page.wait_for_url(f"{studio.url}/")
    seen.complaints.clear()  # Chromium logs the 401 of the page before


@pytest.mark.parametrize(("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone"])
def test_the_link_leads_to_the_stories_which_are_drawn_before_ones_eyes(
    browser: Browser, studio: StudioAddress, tmp_path: Path, size: tuple[int, int], scheme: str
) -> None:
    with visit(browser, size=size, color_scheme=scheme) as seen:  # type: ignore[arg-type]
        sign_in(seen, studio)
        send(studio, {**AT_SEA, "title": f"At sea, {scheme}, {size[0]}"})
        card = seen.page.locator("article").filter(has_text=f"At sea, {scheme}, {size[0]}")
        expect(card.locator("progress")).to_be_visible()  # it came without a reload, and is not finished
        expect(card.locator(".status")).to_have_text("completed", timeout=20_000)
        expect(card.locator(".strip img")).to_have_count(2)
        expect(card.locator(".characters img")).to_have_count(2)
        expect(card.locator(".locations img")).to_have_count(1)
        assert card.locator("figcaption").all_inner_texts() == AT_SEA_PROMPTS
        card.locator(".locations img").scroll_into_view_if_needed()
        seen.page.wait_for_function("[...document.images].slice(0, 5).every((image) => image.naturalWidth > 0)")
        dark = seen.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 21, 26)"
        assert dark is (scheme == "dark")
        assert not seen.scrolls_sideways()
        assert seen.complaints == []
        assert len(seen.hosts) == 2  # the page's and its images'
        assert all(host.startswith("127.0.0.1:") for host in seen.hosts)
        assert seen.page.screenshot(path=tmp_path / "page.png")


def test_a_page_without_scripts_shows_the_same(browser: Browser, studio: StudioAddress) -> None:
    send(studio, story("a cat", title="Without scripts"))
    with visit(browser, javascript=False) as seen:
        sign_in(seen, studio)
        expect(seen.page.get_by_role("heading", name="Without scripts")).to_be_visible()


def test_nothing_that_a_storyboard_says_is_run(browser: Browser, studio: StudioAddress) -> None:
    send(studio, story(UNSAFE, title=UNSAFE, characters=[{"name": UNSAFE}]))
    with visit(browser) as seen:
        sign_in(seen, studio)
        card = seen.page.locator("article").filter(has_text="taken over")
        expect(card.locator(".status")).to_have_text("completed", timeout=20_000)
        assert seen.page.title() == "Depicta studio"
        assert card.locator("h2").inner_text() == UNSAFE
        assert seen.complaints == []


def test_a_link_that_was_used_says_so(browser: Browser, studio: StudioAddress) -> None:
    assert studio.page_url is not None
    with visit(browser) as first:
        first.page.goto(studio.page_url)
        first.page.wait_for_url(f"{studio.url}/")
        expect(first.page.get_by_role("heading", name="Depicta studio")).to_be_visible()
    with visit(browser) as second:
        second.page.goto(studio.page_url)
        expect(second.page.get_by_role("alert")).to_contain_text("does not open this studio")
