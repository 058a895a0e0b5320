"""A farmer's products in a real browser: on a phone without scripts, and a photo that is seen before it is sent."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.urls import reverse
from PIL import Image
from playwright.sync_api import Page, expect

from producers.models import Product

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("chromium")]
Open = Callable[..., Page]


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def photo(size: tuple[int, int] = (1600, 1200)) -> bytes:
    content = BytesIO()
    Image.new("RGB", size, "#2a7").save(content, "JPEG")
    return content.getvalue()


def test_without_scripts_she_adds_eggs_in_three_taps_and_a_photo(open_page: Open, farm: Any, alice: Any) -> None:
    page = open_page(alice, javascript=False)
    page.goto(reverse("producers:products", args=[farm.slug]))
    page.get_by_role("link", name="Een product toevoegen").first.click()
    page.get_by_role("link", name="Eieren").click()
    expect(page.get_by_label("Naam in het Nederlands")).to_have_value("Eieren")
    expect(page.get_by_role("checkbox", name="eieren")).to_be_checked()
    page.get_by_label("In één eenheid zit").fill("10")
    page.get_by_role("button", name="Bewaar").click()
    expect(page.get_by_text("Toegevoegd: Eieren.")).to_be_visible()
    page.get_by_label("Foto").set_input_files({"name": "x.txt", "mimeType": "text/plain", "buffer": b"geen foto"})
    page.get_by_role("button", name="Toon deze foto").click()
    expect(page.get_by_text("Dit is geen foto die we kunnen lezen.")).to_be_visible()
    expect(page.get_by_label("In één eenheid zit")).to_have_value("10")
    page.get_by_label("Foto").set_input_files({"name": "ei.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    page.get_by_role("button", name="Toon deze foto").click()
    expect(page.get_by_text("Zo zien klanten het vanaf nu.")).to_be_visible()
    made = Product.objects.get(producer=farm)
    assert (made.net_quantity, made.photo.width, made.photo_small.width) == (10, 1200, 340)


def test_a_photo_is_seen_before_it_is_sent_and_one_too_large_is_not_sent(
    open_page: Open, leek: Any, alice: Any
) -> None:
    page = open_page(alice)
    page.goto(reverse("producers:product", args=[leek.producer.slug, leek.pk]))
    card = page.locator(".product-photo")
    expect(card.locator(".tile svg")).to_be_visible()
    card.get_by_label("Foto").set_input_files({"name": "prei.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    expect(card.locator(".tile img")).to_be_visible()
    assert card.locator(".tile img").evaluate("image => image.naturalWidth") == 1600
    large = {"name": "groot.jpg", "mimeType": "image/jpeg", "buffer": photo() + bytes(20_000_000)}
    card.get_by_label("Foto").set_input_files(large)
    expect(card.get_by_text("Deze foto is groter dan 20 MB.")).to_be_visible()
    assert card.get_by_label("Foto").evaluate("field => field.files.length") == 0
