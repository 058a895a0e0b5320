"""Boxes to which households subscribe, and what is in them each week."""

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from network.models import Network
from network.texts import Texts
from producers.models.catalogue import Producer, Product


class Boxes(models.QuerySet["Box"]):
    def active(self) -> Self:
        return self.filter(archived_at=None)

    def composed_by(self, person: Any) -> Self:
        """Boxes whose content this person decides: of a farm she works for, or the network's own when she coordinates it."""
        if not person.is_authenticated:
            return self.none()
        return self.filter(
            Q(producer__in=Producer.objects.run_by(person))
            | Q(producer=None, network__in=Network.objects.with_role(person, "coordinator"))
        )


class Box(models.Model):
    """
    A vegetable box or meat package to which households of a network subscribe: of one farm, or of the network itself (no
    producer). What is in it is decided each week and sold as ordinary offers (`docs/subscriptions.md`).
    """

    class Kind(models.TextChoices):
        VEGETABLES = "vegetables", _("vegetable box")
        MEAT = "meat", _("meat package")
        MIXED = "mixed", _("mixed box")

    network = models.ForeignKey(Network, models.PROTECT, related_name="boxes")
    producer = models.ForeignKey(Producer, models.PROTECT, null=True, blank=True, related_name="boxes")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.VEGETABLES)
    name = Texts()
    description = Texts()
    drawing = models.CharField(max_length=20, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = Boxes.as_manager()

    class Meta:
        verbose_name_plural = "boxes"

    def __str__(self) -> str:
        return str(self.name)

    @property
    def categories(self) -> list[str]:
        """What may be in it. Never what asks for the age of whoever collects it: that is declared per order."""
        category = Product.Category
        kinds = {
            self.Kind.VEGETABLES: [category.VEGETABLES, category.FRUIT],
            self.Kind.MEAT: [category.MEAT],
        }
        return [str(one) for one in kinds.get(self.Kind(self.kind), list(category))]


class BoxSize(models.Model):
    """A size of a box at a fixed price for households, VAT included: what its content may come to at most."""

    box = models.ForeignKey(Box, models.PROTECT, related_name="sizes")
    name = Texts()
    price = models.DecimalField(max_digits=8, decimal_places=2)

    class Meta:
        ordering = ["price", "pk"]
        constraints = [models.CheckConstraint(condition=Q(price__gt=0), name="box_size_price_positive")]

    def __str__(self) -> str:
        return f"{self.box}, {self.name}"


class BoxContent(models.Model):
    """So much of a product in one box of a size, in a week."""

    size = models.ForeignKey(BoxSize, models.CASCADE, related_name="contents")
    week_on = models.DateField(help_text=_("the Monday of the week of delivery"))
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=12, decimal_places=3)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["size", "week_on", "product"], name="box_holds_a_product_once_a_week"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="box_content_is_something"),
        ]
