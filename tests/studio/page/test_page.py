"""The page at `/`: who may see it, and that nothing of a story can be more than text in it."""

import re

from studio.page.routes import SIGN_IN_PATH, STORIES_ON_A_PAGE
from studio.page.sessions import SESSION_SECONDS
from tests.doubles.open_studio import OTHER_KEY, Gate, OpensStudio, browser_of, polled, signed_in, story, submitted
from tests.doubles.running_studio import KEY

HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)>\"'>{{ 7*7 }}"


async def test_a_link_opens_the_page_once_and_the_browser_keeps_it_open_for_a_while(open_studio: OpensStudio) -> None:
    async with open_studio() as studio:
        token = studio.service.new_page_token(KEY)
        browser, other = browser_of(studio), browser_of(studio)
        closed = await browser.get("/")
        first = await browser.get(SIGN_IN_PATH, params={"token": token})
        second = await other.get(SIGN_IN_PATH, params={"token": token})
        opened, still_closed = await browser.get("/"), await other.get("/")
        studio.clock.seconds += SESSION_SECONDS
        over = await browser.get("/")
    cookie = first.headers["set-cookie"]
    assert [answer.status_code for answer in (closed, first, second, opened, still_closed, over)] == [
        401, 200, 403, 200, 401, 401,
    ]  # fmt: skip
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "No stories yet" in opened.text
    assert "set-cookie" not in second.headers


async def test_the_key_opens_the_page_and_a_wrong_one_or_another_site_does_not(open_studio: OpensStudio) -> None:
    async with open_studio() as studio:
        wrong = await browser_of(studio).post(SIGN_IN_PATH, data={"key": "dpct_dev_wrong-key"})
        empty = await browser_of(studio).post(SIGN_IN_PATH)
        large = await browser_of(studio).post(SIGN_IN_PATH, data={"key": "x" * 5000})
        elsewhere = await browser_of(studio).post(
            SIGN_IN_PATH, data={"key": KEY}, headers={"Sec-Fetch-Site": "cross-site"}
        )
        browser = browser_of(studio)
        right = await browser.post(SIGN_IN_PATH, data={"key": KEY}, headers={"Sec-Fetch-Site": "same-origin"})
        opened = await browser.get("/")
    assert [answer.status_code for answer in (wrong, empty, large, elsewhere)] == [403] * 4
    assert (right.status_code, opened.status_code) == (200, 200)


async def test_a_forged_cookie_opens_nothing(open_studio: OpensStudio) -> None:
    async with open_studio() as studio:
        browser = await signed_in(studio)
        ((name, good),) = browser.cookies.items()
        account, expires_at, signature = good.split(".")
        forged = [
            f"{account}.{int(expires_at) + 1}.{signature}",
            f"account-{'0' * 12}.{expires_at}.{signature}",
            f"{account}.{expires_at}.{'0' * 64}",
            good[:-1],
            "",
        ]
        statuses = [
            (await browser_of(studio).get("/", headers={"Cookie": f"{name}={value}"})).status_code for value in forged
        ]
        assert (await browser_of(studio).get("/", headers={"Cookie": f"{name}={good}"})).status_code == 200
    assert statuses == [401] * len(forged)


async def test_the_cookie_opens_nothing_of_the_api(open_studio: OpensStudio) -> None:
    async with open_studio() as studio:
        browser = await signed_in(studio)
        job_id = await submitted(studio.client, story("a cat"))
        answers = [await browser.get(path) for path in ("/v1/jobs", f"/v1/jobs/{job_id}", "/v1/account/profile")]
        answers.append(await browser.post("/v1/generate/story", json=story("a cat")))
    assert [answer.status_code for answer in answers] == [401] * 4


async def test_each_account_sees_its_own_stories_and_no_others(open_studio: OpensStudio) -> None:
    async with open_studio() as studio:
        for client, title in ((studio.client, "Mine alone"), (studio.other_client, "Somebody else's")):
            await polled(client, await submitted(client, story("a cat", title=title)))
        mine, others = await signed_in(studio), await signed_in(studio, OTHER_KEY)
        pages = [(await browser.get("/")).text for browser in (mine, others)]
    assert ["Mine alone" in page for page in pages] == [True, False]
    assert ["Somebody else&#39;s" in page for page in pages] == [False, True]


async def test_what_a_storyboard_says_is_text_wherever_it_stands(open_studio: OpensStudio) -> None:
    cast = [{"name": HOSTILE, "description": HOSTILE}]
    board = story(HOSTILE, title=HOSTILE, style=HOSTILE, characters=cast, locations=cast)
    async with open_studio() as studio:
        browser = await signed_in(studio)
        await polled(studio.client, await submitted(studio.client, board))
        page = await browser.get("/")
    assert re.findall(r"<script[^>]*>", page.text) == ['<script src="/page.js" defer>']
    assert "<img src=x" not in page.text
    assert "{{ 7*7 }}" in page.text
    assert page.text.count("&lt;script&gt;alert(&#39;x&#39;)") >= 7
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
    assert "unsafe" not in policy
    assert page.headers["cache-control"] == "private, no-store"


async def test_a_story_shows_its_progress_its_price_and_why_it_failed(open_studio: OpensStudio) -> None:
    breaker = Gate()
    async with open_studio(sleep=breaker.sleep, seconds_per_scene=1) as studio:
        browser = await signed_in(studio)
        failing = await submitted(studio.client, story("fine", "[[fail]] here"))
        waiting = await submitted(studio.client, story("one", "two", title="Waiting"))
        breaker.let_through(1)
        await polled(studio.client, failing)
        breaker.let_through(1)
        await polled(studio.client, waiting, lambda answer: answer.scenes_completed == 1)
        page = (await browser.get("/")).text
    assert '<progress value="1" max="2"' in page
    assert "[[fail]]. It was not charged." in page
    assert "€0.20 held" in page
    assert page.count('class="blank"') == 2
    assert page.index("Waiting") < page.index("fine")


async def test_older_stories_are_a_page_away(open_studio: OpensStudio) -> None:
    async with open_studio(sleep=Gate().sleep, seconds_per_scene=1) as studio:
        browser = await signed_in(studio)
        for number in range(STORIES_ON_A_PAGE + 3):
            await submitted(studio.client, story("x", title=f"Story {number:02d}."))
        newest = (await browser.get("/")).text
        (link,) = re.findall(r'href="(/\?before=\d+)"', newest)
        oldest = (await browser.get(link)).text
        nonsense = await browser.get("/?before=soon")
    assert re.findall(r"<h2>(.*?)</h2>", newest)[0] == f"Story {STORIES_ON_A_PAGE + 2:02d}."
    assert re.findall(r"<h2>(.*?)</h2>", oldest) == ["Story 02.", "Story 01.", "Story 00."]
    assert "before=" not in oldest
    assert nonsense.status_code == 422
