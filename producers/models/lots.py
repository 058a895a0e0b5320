"""What was harvested, made or bought together, and on which delivery days it went out."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from network import clock
from network.models import DeliveryDay, Person
from producers.models.catalogue import Producer, Product


class Lots(models.QuerySet["Lot"]):
    def of(self, farm: Producer) -> Self:
        return self.filter(product__producer=farm)


class Lot(models.Model):
    """
    Goods of one product that were harvested, made or bought together (Directive 2011/91/EU). `supplier` and `document` say
    from whom and with which paper it came when the farm did not grow it itself.
    """

    class Keeps(models.TextChoices):
        BEST_BEFORE = "best_before", gettext_lazy("best before")
        USE_BY = "use_by", gettext_lazy("use by")

    product = models.ForeignKey(Product, models.PROTECT, related_name="lots")
    code = models.CharField(max_length=20)
    harvested_on = models.DateField()
    keeps = models.CharField(max_length=11, choices=Keeps.choices, default=Keeps.BEST_BEFORE)
    keeps_until = models.DateField()
    field = models.CharField(max_length=60, blank=True)
    supplier = models.CharField(max_length=120, blank=True)
    document = models.CharField(max_length=60, blank=True)
    note = models.CharField(max_length=200, blank=True)
    days = models.ManyToManyField(DeliveryDay, through="LotUse", related_name="lots")
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(default=clock.now)

    objects = Lots.as_manager()

    class Meta:
        ordering = ["-harvested_on", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["product", "code"], name="lot_code_once_per_product"),
            models.CheckConstraint(
                condition=Q(keeps_until__gte=F("harvested_on")), name="lot_keeps_until_after_its_harvest"
            ),
            models.CheckConstraint(condition=~Q(code=""), name="lot_has_a_code"),
        ]
        indexes = [models.Index(fields=["code"], name="lots_by_code")]

    def __str__(self) -> str:
        return self.code

    @property
    def printed(self) -> str:
        """As it stands on a label: the L that the law asks for, the code, and until when it is good."""
        words = {"code": self.code, "until": date_format(self.keeps_until, "d/m/y")}
        if self.keeps == self.Keeps.USE_BY:
            return _("L %(code)s, use by %(until)s") % words
        return _("L %(code)s, best before %(until)s") % words


class LotUse(models.Model):
    """A lot went out on a delivery day: so much of it, or nobody said how much."""

    lot = models.ForeignKey(Lot, models.CASCADE, related_name="uses")
    delivery_day = models.ForeignKey(DeliveryDay, models.PROTECT, related_name="lot_uses")
    quantity = models.DecimalField(max_digits=12, decimal_places=3, null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["lot", "delivery_day"], name="lot_once_per_delivery_day"),
            models.CheckConstraint(condition=Q(quantity=None) | Q(quantity__gt=0), name="lot_use_is_more_than_nothing"),
        ]
