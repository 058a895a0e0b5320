"""Photos and signatures as phones send them: read, checked, made small, and freed of where and with what they were taken."""

import base64
import binascii
from dataclasses import dataclass
from io import BytesIO

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from network.errors import Refused

MOST_BYTES = 1_500_000
MOST_PIXELS = 30_000_000
SIDE = 1600


@dataclass(frozen=True)
class Picture:
    file: ContentFile[bytes]
    extension: str


def clean(sent: str, *, line: bool = False) -> Picture:
    """
    The picture of a `data:` address or of plain base64, drawn anew: at most 1,600 pixels wide or high, upright, without the
    place and the device it was taken with. `line`: a drawn line, kept as PNG; else JPEG. Refused for what is no picture.
    """
    content = str(sent).rsplit(",", 1)[-1]
    if len(content) * 3 // 4 > MOST_BYTES:
        raise Refused(_("This photo is larger than 1,5 MB. Take it again, smaller."))
    try:
        raw = base64.b64decode(content, validate=True)
        Image.open(BytesIO(raw)).verify()
        opened = Image.open(BytesIO(raw))
        if opened.width * opened.height > MOST_PIXELS:
            raise Refused(_("This photo is larger than 1,5 MB. Take it again, smaller."))
        image = ImageOps.exif_transpose(opened)
        image.thumbnail((SIDE, SIDE))
        drawn = BytesIO()
        if line:
            image.convert("RGBA").save(drawn, "PNG", optimize=True)
        else:
            image.convert("RGB").save(drawn, "JPEG", quality=80, optimize=True)
    except (
        binascii.Error,
        ValueError,
        OSError,
        SyntaxError,
        UnidentifiedImageError,
        Image.DecompressionBombError,
    ) as e:
        raise Refused(_("This is not a photo that can be read. Take it again.")) from e
    return Picture(ContentFile(drawn.getvalue()), "png" if line else "jpg")
