"""
The photo of a product. It is drawn anew in two sizes, so that nothing is kept of the file that came in: not its name, not where
it was taken, nothing hidden in it. Files that are no longer shown are removed once that is certain (`docs/products.md`).
"""

from io import BytesIO
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _
from PIL import Image

from network import journal, outbox, pictures
from network.errors import Refused
from network.models import Person
from producers.models import Product

MOST_BYTES = 20_000_000
SIDE = 1200
"""Pixels of the page of a product: as wide as a phone, or half a screen, at its sharpest."""
SMALL = 340
"""Pixels of a row in the shop, of which there are sixty on a page."""


def too_large() -> str:
    return _("This photo is larger than 20 MB. Make it smaller, or take it again with a smaller size.")


def keep(*, product: Product, file: UploadedFile, by: Person) -> Product:
    """
    Show this photo from now on, in place of the one there was. Refused, with nothing changed, for what is no JPEG, PNG or WebP,
    more than 20 MB, or too many pixels.
    """
    if (file.size or 0) > MOST_BYTES:
        raise Refused(
            _("This photo is larger than 20 MB. Make it smaller, or take it again with a smaller size."), "photo"
        )
    try:
        picture = pictures.read(file, side=SIDE)
    except Refused as refused:
        raise Refused(refused.message, "photo") from refused
    key = uuid4().hex
    small = picture.copy()
    small.thumbnail((SMALL, SMALL), Image.Resampling.LANCZOS)
    made = []
    try:
        made.append(default_storage.save(f"products/{key}.webp", _drawn(picture, 76)))
        made.append(default_storage.save(f"products/{key}-small.webp", _drawn(small, 68)))
        return _show(product, *made, by=by)
    except BaseException:
        drop(made)
        raise


def remove(*, product: Product, by: Person) -> Product:
    """The drawing is shown again. Without a photo it does nothing."""
    return _show(product, "", "", by=by)


@transaction.atomic
def _show(product: Product, photo: str, small: str, *, by: Person) -> Product:
    product = Product.objects.select_for_update(no_key=True, of=("self",)).get(pk=product.pk)
    if product.archived_at:
        raise Refused(_("This product has been archived. Take it out of the archive first."), "photo")
    old = [name for name in (product.photo.name, product.photo_small.name) if name]
    if not old and not photo:
        return product
    product.photo, product.photo_small = photo, small  # type: ignore[assignment]
    product.save(update_fields=["photo", "photo_small"])
    if old:
        outbox.add(kind="photo_dropped", key=f"photo_dropped:{old[0]}", names=old)
    journal.record(action="changed the photo", subject=product, by=by, name=str(product.name))
    return product


def drop(names: list[str]) -> None:
    """From the outbox: remove files that are shown nowhere any more. Those that are gone already are no matter."""
    for name in names:
        default_storage.delete(name)


def _drawn(picture: Image.Image, quality: int) -> ContentFile[bytes]:
    content = BytesIO()
    picture.save(content, "WEBP", quality=quality, method=4)
    return ContentFile(content.getvalue())
