"""Photos and signatures as phones send them, made small and kept as files: read as `network.pictures` reads every photo."""

import base64
import binascii
from dataclasses import dataclass
from io import BytesIO

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from network import pictures
from network.errors import Refused

MOST_BYTES = 1_500_000
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
        image = pictures.read(BytesIO(base64.b64decode(content, validate=True)), side=SIDE)
    except pictures.TooLarge:
        raise Refused(_("This photo is larger than 1,5 MB. Take it again, smaller.")) from None
    except (binascii.Error, ValueError, pictures.Unreadable) as e:
        raise Refused(_("This is not a photo that can be read. Take it again.")) from e
    drawn = BytesIO()
    if line:
        image.save(drawn, "PNG", optimize=True)
    else:
        image.save(drawn, "JPEG", quality=80, optimize=True)
    return Picture(ContentFile(drawn.getvalue()), "png" if line else "jpg")
