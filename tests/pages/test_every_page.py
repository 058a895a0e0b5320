"""
Every page of the matrix, on a phone in daylight and on a desk at night: accessible, within its width, without a word in the
console. `make check-pages` looks at three widths in both themes.
"""

import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Error, Page

from network import clock
from network.models import Cycle, DeliveryDay
from tests.matrix import Page as Row
from tests.pages.test_styleguide import violations
from tests.world import PAGES

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = {f"{width} {theme}": (width, theme == "dark") for width in (320, 390, 1280) for theme in ("light", "dark")}
LOOKED_AT = list(SIZES) if os.environ.get("KOUTER_ALL_WIDTHS") else ["390 light", "1280 dark"]


@pytest.fixture
def day(cycle: Cycle) -> DeliveryDay:
    return cycle.days.earliest("on")


def shown() -> Iterator[tuple[Row, str]]:
    """Pages to look at, and who sees most of each: a role before a visitor."""
    for row in PAGES:
        if row.method != "get":
            continue
        for who in ("dana", "alice", "gust", "fien", "eli", "bob", "anonymous"):
            if row.status_for(who) == 200:
                yield row, who
                break


def opens(page: Page, url: str) -> bool:
    """Whether this address is a page; a file is kept by the browser, not shown."""
    try:
        answer = page.goto(url)
    except Error as error:
        if "Download is starting" in error.message:
            return False
        raise
    assert answer is not None
    return "text/html" in answer.headers["content-type"]


@pytest.mark.parametrize("size", LOOKED_AT)
def test_every_page_is_accessible_and_fits(open_page: Callable[..., Page], world: Any, size: str) -> None:
    width, dark = SIZES[size]
    browsers: dict[str, Page] = {}
    said: list[str] = []
    wrong: dict[str, Any] = {}
    looked = 0
    for row, who in shown():
        if who not in browsers:
            browsers[who] = open_page(world.people.get(who), phone=width < 1000, dark=dark)
            browsers[who].set_viewport_size({"width": width, "height": 800})
            browsers[who].on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
            browsers[who].on("pageerror", lambda error: said.append(str(error)))
        page = browsers[who]
        said.clear()
        url = reverse(row.name, kwargs=row.kwargs(world))
        if not opens(page, url):
            continue
        looked += 1
        found = violations(page) + said
        if not page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"):
            found.append("wider than the screen")
        headings = page.locator("h1").all_inner_texts()
        if len(headings) != 1 or re.search(r"\b(the|your|with)\b", headings[0]):
            found.append(f"not one heading in Dutch: {headings}")
        if found:
            wrong[f"{row.name} as {who}"] = found[:3]
    assert wrong == {}
    assert looked >= 25
    assert clock.now() < world.day.closes_at
