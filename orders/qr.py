"""The QR code on the phone of who collects: the address that leads a volunteer to the order, and her buyer too."""

from io import BytesIO

import segno
from django.conf import settings
from django.urls import reverse

from orders.models import Order


def svg(order: Order) -> str:
    return _code(order).svg_inline(border=2, omitsize=True, svgclass="qr", lineclass=None)


def png(order: Order) -> bytes:
    picture = BytesIO()
    _code(order).save(picture, kind="png", scale=6, border=3)
    return picture.getvalue()


def _code(order: Order) -> segno.QRCode:
    return segno.make(settings.SITE_URL + reverse("logistics:collect", args=[order.code]), micro=False, error="m")
