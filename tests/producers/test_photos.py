"""A photo of a product: only photos, drawn anew in two sizes, without where they were taken, and nothing left behind."""

import struct
import zlib
from decimal import Decimal as D
from io import BytesIO
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse
from PIL import Image, ImageCms

from network import outbox
from network.errors import Refused
from network.models import OutboxEntry
from producers import photos, products, stock
from producers.models import Product
from tests.conftest import MONDAY
from tests.producers.test_prices import text

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def picture(size=(2400, 1600), kind="JPEG", colour="#c33", mode="RGB", **how):
    content = BytesIO()
    Image.new(mode, size, colour).save(content, kind, **how)
    return content.getvalue()


def taken_in_ghent():
    """A phone's photo on its side (orientation 6), red above and blue below, with where it was taken."""
    image = Image.new("RGB", (2400, 1600), "red")
    image.paste("blue", (1200, 0, 2400, 1600))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Kouterfoon"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (51.0, 3.0, 0.0)
    content = BytesIO()
    image.save(content, "JPEG", exif=exif, comment=b"Kouterfoon in Gent")
    return content.getvalue()


def bomb(side=60_000):
    """A PNG of a few kilobytes that says it is 3,600 megapixels."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )


def upload(content, name="leek.jpg"):
    return SimpleUploadedFile(name, content, "image/jpeg")


def files(media: Path) -> list[str]:
    return sorted(path.name for path in media.rglob("*") if path.is_file())


def shown(product):
    product.refresh_from_db()
    return [Image.open(file) for file in (product.photo, product.photo_small)]


def test_a_photo_is_drawn_anew_upright_in_two_sizes_and_says_nothing_more(leek, alice, media):
    photos.keep(product=leek, file=upload(taken_in_ghent()), by=alice)
    large, small = shown(leek)
    assert (large.format, large.size, small.size) == ("WEBP", (800, 1200), (227, 340))
    assert (
        not large.getexif()
        and not small.getexif()
        and set(large.info) <= {"loop", "background", "duration", "timestamp"}
    )
    red, blue = large.convert("RGB").getpixel((400, 100)), large.convert("RGB").getpixel((400, 1100))
    assert red[0] > 200 > 60 > red[2] and blue[2] > 200 > 60 > blue[0]
    stored = b"".join((media / "products" / name).read_bytes() for name in files(media))
    assert b"Kouterfoon" not in stored and b"Exif" not in stored
    assert len(files(media)) == 2 and "leek" not in "".join(files(media))


@pytest.mark.parametrize(
    "content",
    [
        picture(kind="PNG", size=(30, 20)),
        picture(kind="PNG", mode="RGBA", colour=(0, 0, 0, 0), size=(30, 20)),
        picture(kind="PNG", mode="P", colour=3, size=(30, 20)),
        picture(kind="PNG", mode="L", colour=9, size=(30, 20)),
        picture(kind="PNG", mode="I;16", colour=9, size=(30, 20)),
        picture(kind="WEBP", size=(30, 20)),
        picture(mode="CMYK", colour=(9, 9, 9, 9), size=(30, 20)),
        picture(size=(30, 20), progressive=True),
        picture(size=(30, 20), icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()),
        picture(size=(30, 20), icc_profile=b"no profile"),
    ],
)
def test_every_kind_of_photo_is_read_whatever_its_name(leek, alice, content):
    photos.keep(product=leek, file=upload(content, "leek.exe"), by=alice)
    assert [(one.mode, one.size) for one in shown(leek)] == [("RGB", (30, 20))] * 2


def test_what_is_transparent_is_white(leek, alice):
    photos.keep(
        product=leek, file=upload(picture(kind="PNG", mode="RGBA", colour=(0, 0, 0, 0), size=(30, 20))), by=alice
    )
    assert min(shown(leek)[0].getpixel((15, 10))) > 250


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "This file is empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "no photo that can be read"),
        (b"GIF89a" + bytes(60), "no photo that can be read"),
        (picture(kind="GIF", size=(9, 9)), "no photo that can be read"),
        (picture(kind="TIFF", size=(9, 9)), "no photo that can be read"),
        (picture()[:900], "no photo that can be read"),
        (b"%PDF-1.7 not a photo", "no photo that can be read"),
        (bomb(), "no photo that can be read"),
        (bomb(6000), "too many pixels"),
        (picture() + bytes(40_000_000), "larger than 20 MB"),
    ],
    ids=["empty", "svg", "broken gif", "gif", "tiff", "half", "pdf", "bomb", "large", "40 MB"],
)  # fmt: skip
def test_what_is_no_photo_is_said_beside_the_field_and_nothing_is_kept(farm, leek, alice, visit, media, content, said):
    photos.keep(product=leek, file=upload(picture()), by=alice)
    kept, url = files(media), reverse("producers:product_photo", args=[farm.slug, leek.pk])
    answer = visit(alice).post(url, {"photo": upload(content)})
    assert answer.status_code == 422 and said in answer.context["photo_form"].errors["photo"][0]
    assert files(media) == kept and shown(leek)[0].size == (1200, 800)


def test_the_old_files_go_once_the_new_ones_are_certain(leek, alice, media):
    photos.keep(product=leek, file=upload(picture()), by=alice)
    old = files(media)
    photos.keep(product=leek, file=upload(picture(colour="#3c3")), by=alice)
    assert len(files(media)) == 4
    assert outbox.drain() == 1 and len(files(media)) == 2 and not set(old) & set(files(media))
    OutboxEntry.objects.update(done_at=None)
    assert outbox.drain() == 1 and len(files(media)) == 2
    photos.remove(product=leek, by=alice)
    outbox.drain()
    leek.refresh_from_db()
    assert files(media) == [] and not leek.photo and not leek.photo_small
    photos.remove(product=leek, by=alice)


def test_what_is_not_stored_leaves_no_files(leek, alice, media):
    products.archive(product=leek, by=alice)
    with pytest.raises(Refused, match="archived"), transaction.atomic():
        photos.keep(product=leek, file=upload(picture()), by=alice)
    assert files(media) == []


def test_she_sees_it_as_customers_do_and_takes_it_away(farm, leek, alice, bob, network, day, visit, media):
    stock.announce(product=leek, week_on=MONDAY, quantity=D(9), price=D(2), by=alice)
    client, url = visit(alice), reverse("producers:product_photo", args=[farm.slug, leek.pk])
    assert "Choose a photo first." in text(client.post(url))
    answer = client.post(url, {"photo": upload(picture())}, follow=True)
    assert "This is how customers see it from now on." in text(answer)
    leek.refresh_from_db()
    assert f'<img src="{leek.photo.url}"' in answer.content.decode()
    shop = visit(bob).get(reverse("orders:shop", args=[network.slug])).content.decode()
    assert f'<img src="{leek.photo_small.url}" alt="" loading="lazy">' in shop
    page = visit(bob).get(reverse("orders:product", args=[network.slug, leek.pk])).content.decode()
    assert f'srcset="{leek.photo_small.url} 340w, {leek.photo.url} 1200w"' in page
    client.post(url, {"remove": "1"})
    assert not Product.objects.get(pk=leek.pk).photo
    assert "<img" not in visit(bob).get(reverse("orders:shop", args=[network.slug])).content.decode()
