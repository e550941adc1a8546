"""The gallery in the browser that people open it with. `GALLERY_STORIES=1000` makes the run a large one."""

import asyncio
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from stories.maintenance.gallery import build_galleries
from tests.doubles.browser import DESKTOP, PHONE, Visit, chromium, visit
from tests.doubles.drawn_run import RUN_ID, draw_examples, drawn_story, example, write_run

STORIES = int(os.environ.get("GALLERY_STORIES", "50"))
XSS = '"><img src=x onerror="document.title=1"></script><script>document.title=2</script>\u202e\x00'


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run, and one story more whose every text is hostile."""
    path = tmp_path_factory.mktemp("gallery") / "dataset"
    hostile = {
        "title": XSS,
        "style": XSS,
        "scenes": [{"prompt": XSS, "characters": [XSS], "location": XSS}],
        "characters": [{"name": XSS, "description": XSS}],
    }

    async def make() -> None:
        await write_run(path, STORIES, extra=[drawn_story(STORIES, hostile)])
        await build_galleries(str(path))

    draw_examples()  # here: what draws may not go from thread to thread
    with ThreadPoolExecutor(1) as thread:  # the loop of this thread is the browser's
        thread.submit(lambda: asyncio.run(make())).result()
    return path


@pytest.fixture
def seen(browser: Browser, target: Path) -> Iterator[Visit]:
    with visit(browser) as visited:
        visited.page.goto((target / "gallery" / f"{RUN_ID}.html").as_uri())
        yield visited
        assert visited.complaints == []
        assert visited.hosts == set()


def shown(page: Page) -> list[str]:
    return page.locator(".story:visible h2").all_text_contents()


def test_everything_of_the_run_is_there(seen: Visit) -> None:
    if STORIES > 500:
        pytest.skip("a large run is cut into pages")
    stories = seen.page.locator(".story")
    assert stories.count() == STORIES + 3  # and the hostile one, the one held, and what was never valid
    held = seen.page.locator('.story[data-state="held"]')
    assert "The one that is held" in (held.text_content() or "")
    assert "the connection broke before an answer" in (held.text_content() or "")
    assert held.locator(".strip .text").count() == len(example(3)["scenes"])
    assert "scenes: field required" in (seen.page.locator('.story[data-state="invalid"]').text_content() or "")
    partial = seen.page.locator('.story[data-state="partial"]').first
    assert "the service served no png of this scene" in (partial.locator(".hole").text_content() or "")
    figures = seen.page.locator(".figures").inner_text().split()
    assert str(STORIES + 2) in figures


def test_thumbnails_are_drawn_without_a_single_request(seen: Visit) -> None:
    first = seen.page.locator(".strip img").first
    expect(first).to_have_js_property("naturalWidth", 224)
    assert [url for url in seen.requested if not url.startswith(("data:", "file:"))] == []
    assert len([url for url in seen.requested if url.startswith("file:")]) == 1


def test_hostile_text_is_shown_and_does_nothing(seen: Visit) -> None:
    title = seen.page.title()
    seen.page.fill("#query", "onerror")
    expect(seen.page.locator(".story:visible")).to_have_count(1)
    (heading,) = shown(seen.page)
    assert heading == XSS.replace("\u202e", "\ufffd").replace("\x00", "\ufffd")
    seen.page.locator(".story:visible a.open").first.click()
    assert seen.page.locator("#viewed-text").inner_text().startswith('"><img src=x onerror=')
    assert seen.page.title() == title
    assert seen.page.evaluate("document.images.length === [...document.images].filter(i => i.src !== 'x').length")


def test_search_looks_at_titles_prompts_and_names_whatever_their_accents(seen: Visit) -> None:
    seen.page.fill("#query", "LEONIE neige")
    for _ in range(100):  # asked from here: the page's policy stops what polls inside of it
        if seen.page.locator("#shown").text_content():
            break
        seen.page.wait_for_timeout(50)
    assert shown(seen.page)
    assert all("Le train de la neige" in title for title in shown(seen.page))
    seen.page.fill("#query", "zzzz no such story")
    expect(seen.page.locator("#none")).to_be_visible()
    seen.page.get_by_role("button", name="Show all").click()
    expect(seen.page.locator("#none")).to_be_hidden()
    expect(seen.page.locator("#shown")).to_be_empty()


def test_filters_by_state_flag_and_style_add_up(seen: Visit) -> None:
    page = seen.page
    for state in ("partial", "failed"):
        chip = page.locator(f'.chip[data-state="{state}"]')
        chip.click()
        expect(chip).to_have_attribute("aria-pressed", "true")
    states = set(page.locator(".story:visible").evaluate_all("all => all.map(story => story.dataset.state)"))
    assert states == {"partial", "failed"}
    page.get_by_role("button", name="Show all").click()

    flag = page.locator('.chip[data-flag="near_duplicate"]')
    flag.click()
    count = page.locator(".story:visible").count()
    assert count > 0
    assert flag.locator("b").inner_text() == str(count)
    style = str(example(1)["style"])
    page.get_by_role("button", name="Show all").click()
    page.select_option("#style", style)
    styles = set(page.locator(".story:visible").evaluate_all("all => all.map(story => story.dataset.style)"))
    assert styles == {style}


def test_a_search_that_begins_as_the_viewer_closes_keeps_the_focus(seen: Visit) -> None:
    page = seen.page
    page.locator("a.open").first.click()
    expect(page.locator("#viewer")).to_be_visible()
    focused = page.evaluate(
        """() => new Promise((done) => {
          const viewer = document.getElementById("viewer");
          viewer.addEventListener("close", () => setTimeout(() => done(document.activeElement.id)));
          viewer.close();
          document.getElementById("query").focus();
        })"""
    )
    assert focused == "query"


def test_the_keyboard_does_what_its_page_says(seen: Visit) -> None:
    page = seen.page
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    focused = "document.activeElement === document.querySelector('.story')"
    assert page.evaluate(focused)
    page.keyboard.press("Enter")
    expect(page.locator("#viewer")).to_be_visible()
    expect(page.locator("#viewed-place")).to_contain_text("1 of")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#viewed-place")).to_contain_text("2 of")
    page.keyboard.press("Escape")
    expect(page.locator("#viewer")).to_be_hidden()
    page.keyboard.press("/")
    page.keyboard.type("whale t j")  # letters are text while one types
    assert page.input_value("#query") == "whale t j"
    page.keyboard.press("Escape")
    assert page.input_value("#query") == ""
    page.keyboard.press("t")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_a_picture_opens_large_as_the_file_that_was_served(seen: Visit, target: Path) -> None:
    seen.page.locator(".strip a.open").first.click()
    expect(seen.page.locator("#viewed")).to_have_js_property("naturalWidth", 448)
    src = seen.page.locator("#viewed").get_attribute("src") or ""
    assert src.startswith((target / "images").as_uri())


def test_a_page_alone_shows_its_thumbnails(browser: Browser, target: Path, tmp_path: Path) -> None:
    """It was mailed to somebody, without the images beside it."""
    alone = tmp_path / "page.html"
    alone.write_bytes((target / "gallery" / f"{RUN_ID}.html").read_bytes())
    with visit(browser) as seen:
        seen.page.goto(alone.as_uri())
        seen.page.locator(".strip a.open").first.click()
        expect(seen.page.locator("#viewed")).to_have_js_property("naturalWidth", 224)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", [RUN_ID, "index"])
def test_pages_fit_every_screen_in_both_schemes(
    browser: Browser, target: Path, size: tuple[int, int], scheme: str, name: str
) -> None:
    with visit(browser, size=size, color_scheme="dark" if scheme == "dark" else "light") as seen:
        seen.page.goto((target / "gallery" / f"{name}.html").as_uri())
        assert not seen.scrolls_sideways()
        luminance = seen.page.evaluate("getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g)[0]")
        assert (int(luminance) < 60) == (scheme == "dark")
        assert seen.complaints == []


def test_without_javascript_every_story_is_there_to_read_and_print(browser: Browser, target: Path) -> None:
    with visit(browser, javascript=False) as seen:
        seen.page.goto((target / "gallery" / f"{RUN_ID}.html").as_uri())
        assert seen.page.locator(".story:visible").count() > STORIES // 2
        assert seen.page.locator(".tools").is_hidden()
    with visit(browser) as seen:
        seen.page.goto((target / "gallery" / f"{RUN_ID}.html").as_uri())
        seen.page.emulate_media(media="print")
        assert seen.page.locator(".tools").is_hidden()


def test_the_index_leads_to_the_run(browser: Browser, target: Path) -> None:
    with visit(browser) as seen:
        seen.page.goto((target / "gallery" / "index.html").as_uri())
        assert seen.page.locator(".covers img").count() == 5
        seen.page.locator(".run a").click()
        expect(seen.page).to_have_title(f"{STORIES + 2} stories · {RUN_ID}")
