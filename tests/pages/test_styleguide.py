"""Every component in both themes, and the pages of signing in, in a real browser."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from axe_playwright_python.sync_playwright import Axe
from django.core import mail
from playwright.sync_api import Page, expect

from network.models import Person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("chromium")]
Open = Callable[..., Page]
AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],  # what is right is not written down, which took as long as finding it
}


def violations(page: Page) -> list[str]:
    found = Axe().run(page, options=AXE).response["violations"]
    return [f"{v['id']}: {node['target']} {node['html'][:160]}" for v in found for node in v["nodes"]]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("phone", [True, False], ids=["390", "1280"])
@pytest.mark.parametrize("path", ["/styleguide/", "/accounts/login/", "/accounts/signup/", "/nowhere/to/be/found/"])
def test_a_page_of_the_design_has_no_axe_violations(open_page: Open, path: str, phone: bool, dark: bool) -> None:
    page = open_page(phone=phone, dark=dark)
    page.goto(path)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_the_style_guide_fits_a_very_small_phone(open_page: Open) -> None:
    page = open_page()
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto("/styleguide/")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_nothing_is_refused_by_the_content_security_policy(open_page: Open) -> None:
    page = open_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.goto("/styleguide/")
    page.wait_for_load_state("networkidle")
    assert said == []


def test_a_map_can_be_zoomed_with_the_keyboard(open_page: Open) -> None:
    page = open_page(phone=False)
    page.goto("/styleguide/")
    page.locator("#light-map").get_by_role("button").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#light-map .leaflet-control-zoom-in")).to_be_focused()
    expect(page.locator("#light-map .m-pin")).to_have_count(8)


def test_a_visitor_signs_in_with_a_password_without_javascript(open_page: Open, bob: Person) -> None:
    EmailAddress.objects.create(user=bob, email=bob.email, verified=True, primary=True)
    page = open_page(javascript=False)
    page.goto("/accounts/login/")
    page.locator("summary").click()
    page.locator("[name=login]").fill(bob.email)
    page.locator("[name=password]").fill("secret-kouter")
    page.locator("details button").click()
    expect(page.locator("header a[href='/me/']")).to_be_visible()


def test_a_visitor_signs_in_with_a_code_from_a_mail_without_javascript(open_page: Open, bob: Person) -> None:
    EmailAddress.objects.create(user=bob, email=bob.email, verified=True, primary=True)
    page = open_page(javascript=False)
    page.goto("/accounts/login/")
    page.locator("#code_email").fill(bob.email)
    page.locator(".btn.go").click()
    code = re.search(r"^[A-Z0-9]{3,}-?[A-Z0-9]{3,}$", str(mail.outbox[-1].body), flags=re.M)
    assert code
    page.locator("[name=code]").fill("WRONG1")
    page.locator(".btn.go").click()
    expect(page.locator("[name=code]")).to_have_attribute("aria-invalid", "true")
    page.locator("[name=code]").fill(code[0])
    page.locator(".btn.go").click()
    expect(page.locator("header a[href='/me/']")).to_be_visible()


def test_the_language_changes_without_javascript(open_page: Open) -> None:
    page = open_page(javascript=False)
    page.goto("/accounts/login/")
    page.locator(".lang [value=fr]").click()
    assert page.locator("html").get_attribute("lang") == "fr-BE"
    assert page.url.endswith("/accounts/login/")


def test_every_component_file_is_shown_in_the_guide() -> None:
    """The guide is where a component is seen; its classes are those of the stylesheet."""
    guide = Path("templates/parts/guide.html").read_text()
    for name in (
        "btn",
        "badge",
        "note",
        "card",
        "figures",
        "facts",
        "table",
        "form",
        "grid",
        "bar",
        "checks",
        "timeline",
        "log",
        "pins",
    ):
        assert name in guide, name
