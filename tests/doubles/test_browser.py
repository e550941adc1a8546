"""The browser fixture itself: what a page does is seen, and what it may not do is seen as well."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.doubles.browser import PHONE, chromium, visit


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def test_a_page_is_seen_with_what_it_asks_for_and_complains_of(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'\"><h1>Hello</h1>"
        "<img src=http://127.0.0.1:9/x.png><div style='width:900px'>wide</div>"
    )
    with visit(browser, size=PHONE) as seen:
        seen.page.goto(page.as_uri())
        assert seen.page.inner_text("h1") == "Hello"
        assert any("Content Security Policy" in complaint for complaint in seen.complaints)
        assert seen.requested[0] == page.as_uri()
        assert not seen.scrolls_sideways()  # the policy forbids the style too
