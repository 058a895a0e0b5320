"""Photos that people send: read by what they are and not by their name, upright, and nothing but a picture afterwards."""

from io import BytesIO
from typing import IO

from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageOps

from network.errors import Refused

MOST_PIXELS = {"JPEG": 64_000_000, "PNG": 25_000_000, "WEBP": 25_000_000}
"""
What is read, and how large: a file of a few kilobytes can unfold into gigabytes. A JPEG can be unfolded at a fraction of its
size, which the others cannot.
"""
ROTTEN = (OSError, ValueError, SyntaxError, EOFError, MemoryError, Image.DecompressionBombError)
"""What the library raises for files that are not what they say."""


class Unreadable(Refused):
    """No photo, or not one of these kinds."""


class TooLarge(Refused):
    """More pixels than are unfolded here."""


def read(file: IO[bytes], *, side: int) -> Image.Image:
    """
    The picture, at most `side` pixels wide and high, upright, in the colours of the web and on white. Only its pixels are in it:
    no place, device or moment. Unreadable or TooLarge, with a sentence, for what it is not.
    """
    try:
        file.seek(0)
        opened = Image.open(file, formats=list(MOST_PIXELS))
        if opened.width * opened.height > MOST_PIXELS[opened.format or ""]:
            raise TooLarge(_("This photo has too many pixels. Take it again with a smaller size, or make it smaller."))
        opened.draft("RGB", (side * 2, side * 2))
        upright = ImageOps.exif_transpose(opened)
        upright.thumbnail((side, side), Image.Resampling.LANCZOS)
        return _plain(upright, opened.info.get("icc_profile"))
    except ROTTEN as e:
        raise Unreadable(_("This is no photo that can be read. Choose a JPEG, PNG or WebP.")) from e


def _plain(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Opaque RGB with nothing beside its pixels; phones take photos in wider colours than the web has, and say so in `profile`."""
    if image.mode == "CMYK" or (profile and image.mode == "RGB"):
        try:
            taken = ImageCms.ImageCmsProfile(BytesIO(profile or b""))
            converted = ImageCms.profileToProfile(image, taken, ImageCms.createProfile("sRGB"), outputMode="RGB")
            image = converted or image
        except (ImageCms.PyCMSError, OSError):
            pass
    sheet = Image.new("RGB", image.size, "white")
    if image.mode in ("RGBA", "LA", "PA", "P"):
        shown = image.convert("RGBA")
        sheet.paste(shown, mask=shown.getchannel("A"))
    else:
        sheet.paste(image.convert("RGB"))
    return sheet
