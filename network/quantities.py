"""Units in which food is sold, the step each is ordered in, and storage classes."""

from decimal import Decimal

from django.db import models
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network.errors import Refused

MOST = Decimal("100000")


class Unit(models.TextChoices):
    KG = "kg", gettext_lazy("kg")
    LITRE = "litre", gettext_lazy("litre")
    PIECE = "piece", gettext_lazy("piece")
    BUNCH = "bunch", gettext_lazy("bunch")
    BAG = "bag", gettext_lazy("bag")
    BOX = "box", gettext_lazy("box")
    BOTTLE = "bottle", gettext_lazy("bottle")
    JAR = "jar", gettext_lazy("jar")
    PACK = "pack", gettext_lazy("pack")
    POT = "pot", gettext_lazy("pot")
    BOUQUET = "bouquet", gettext_lazy("bouquet")


class StorageClass(models.TextChoices):
    AMBIENT = "ambient", gettext_lazy("ambient")
    COOL = "cool", gettext_lazy("cool")
    COLD = "cold", gettext_lazy("cold")
    FROZEN = "frozen", gettext_lazy("frozen")


def checked_quantity(quantity: Decimal, *, step: Decimal, field: str | None = None) -> Decimal:
    """
    The quantity, when it is 0 or more, sensible, and a whole number of steps; else Refused with what to do.
    Three decimals.
    """
    if not quantity.is_finite() or quantity < 0:
        raise Refused(_("A quantity cannot be negative. Enter 0 or more."), field)
    if quantity > MOST:
        raise Refused(_("That is more than any field yields. Enter a smaller quantity."), field)
    if quantity % step:
        raise Refused(
            _("This is sold per %(step)s. Enter a multiple of it.")
            % {"step": number_format(step.normalize(), use_l10n=True)},
            field,
        )
    return quantity.quantize(Decimal("0.001"))
