"""What happened on the road and at the point: hand-overs, temperatures, proof, trouble, empties, and what phones sent."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from logistics.models.plan import Crate, Round, Stop, private_files
from network import clock
from network.models import Delivery, Person
from network.quantities import StorageClass


class Pickup(models.Model):
    """An order handed over at its pickup point or outlet: the check mark of the volunteer."""

    order = models.OneToOneField("orders.Order", models.PROTECT, related_name="pickup")
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")


class PhoneAction(models.Model):
    """
    Something done on a phone, perhaps without reception, stored once however often it arrives: `id` is made on the phone.
    `happened_at` is the phone's clock corrected by what the phone said its clock was when it sent; `refused` tells why it
    was not carried out.
    """

    id = models.UUIDField(primary_key=True)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    round = models.ForeignKey(Round, models.CASCADE, null=True, blank=True, related_name="actions")
    delivery = models.ForeignKey(Delivery, models.CASCADE, null=True, blank=True, related_name="actions")
    kind = models.CharField(max_length=20)
    payload = models.JSONField(default=dict)
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField(default=clock.now)
    refused = models.CharField(max_length=300, blank=True)


class TemperatureReading(models.Model):
    """Degrees Celsius in a cold compartment or cool box, for the food agency's log."""

    round = models.ForeignKey(Round, models.PROTECT, related_name="temperatures")
    stop = models.ForeignKey(Stop, models.SET_NULL, null=True, blank=True, related_name="temperatures")
    storage_class = models.CharField(max_length=8, choices=StorageClass.choices)
    celsius = models.DecimalField(max_digits=4, decimal_places=1)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(celsius__gte=-60, celsius__lte=60), name="temperature_is_of_this_world")
        ]


class Proof(models.Model):
    """A photo or a signature that goods were handed over."""

    class Kind(models.TextChoices):
        PHOTO = "photo", _("photo")
        SIGNATURE = "signature", _("signature")

    stop = models.ForeignKey(Stop, models.PROTECT, related_name="proofs")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    file = models.ImageField(upload_to="proofs/", storage=private_files)
    signed_by = models.CharField(max_length=80, blank=True)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")


class Trouble(models.Model):
    """Something that was not as it should be at a stop."""

    class Kind(models.TextChoices):
        MISSING = "missing", _("missing")
        DAMAGED = "damaged", _("damaged")
        NOBODY = "nobody", _("nobody there")

    stop = models.ForeignKey(Stop, models.PROTECT, related_name="troubles")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    crate = models.ForeignKey(Crate, models.PROTECT, null=True, blank=True, related_name="troubles")
    note = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    resolved_at = models.DateTimeField(null=True, blank=True)

    @property
    def says_missing(self) -> bool:
        """Whether a crate is said to be missing, and nobody has seen to that."""
        return self.kind == self.Kind.MISSING and self.crate_id is not None and self.resolved_at is None


class Empties(models.Model):
    """Empty crates taken back at a stop. What households bring back is `orders.EmptiesReturn`."""

    stop = models.ForeignKey(Stop, models.PROTECT, related_name="empties")
    crates = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    class Meta:
        verbose_name_plural = "empties"
