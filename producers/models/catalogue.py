"""Who sells what: farms, their products, and the words by which these are found."""

from decimal import Decimal
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.validators import FileExtensionValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from network.models import Network, Organisation, VatRate
from network.quantities import StorageClass, Unit
from network.texts import Texts

ALLERGENS = {
    "gluten": _("gluten"),
    "crustaceans": _("crustaceans"),
    "eggs": _("eggs"),
    "fish": _("fish"),
    "peanuts": _("peanuts"),
    "soya": _("soya"),
    "milk": _("milk"),
    "nuts": _("nuts"),
    "celery": _("celery"),
    "mustard": _("mustard"),
    "sesame": _("sesame"),
    "sulphites": _("sulphites"),
    "lupin": _("lupin"),
    "molluscs": _("molluscs"),
}
"""The fourteen of Regulation (EU) 1169/2011, annex II."""


class Producers(models.QuerySet["Producer"]):
    def active(self) -> Self:
        return self.filter(archived_at=None)

    def in_network(self, network: Network) -> Self:
        return self.filter(
            organisation__memberships__network=network,
            organisation__memberships__college="producers",
            organisation__memberships__left_on=None,
        )

    def run_by(self, person: Any) -> Self:
        """Producers for which this person works."""
        return self.filter(organisation__roles__person_id=person.pk) if person.is_authenticated else self.none()


class ShortageRule(models.TextChoices):
    """Who gets less when there is less than was ordered."""

    PRO_RATA = "pro_rata", _("everybody in proportion")
    ROTATION = "rotation", _("in turn: who got less longest ago")
    FIRST_COME = "first_come", _("who ordered last")


class Producer(models.Model):
    class Transport(models.TextChoices):
        COLLECTED = "collected", _("collected at the farm")
        BRINGS = "brings", _("brings to the hub")
        DRIVES = "drives", _("drives a round")

    organisation = models.OneToOneField(Organisation, models.PROTECT, related_name="producer")
    slug = models.SlugField(max_length=60, unique=True)
    code = models.SlugField(max_length=12, unique=True)
    speciality = Texts()
    story = Texts()
    organic_body = models.CharField(max_length=12, blank=True)
    establishment_number = models.CharField(max_length=12, blank=True)
    minimum = models.DecimalField(_("minimum per delivery day"), max_digits=8, decimal_places=2, default=0)
    transport = models.CharField(max_length=10, choices=Transport.choices, default=Transport.COLLECTED)
    opens = models.TimeField(help_text=_("goods can be collected from"))
    closes = models.TimeField(help_text=_("goods can be collected until"))
    shortage_rule = models.CharField(max_length=10, choices=ShortageRule.choices, default=ShortageRule.PRO_RATA)
    types_shelf = models.BooleanField(default=False, help_text=_("prices are typed as the shop shows them"))
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = Producers.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(minimum__gte=0), name="producer_minimum_not_negative"),
            models.CheckConstraint(condition=Q(opens__lt=F("closes")), name="producer_closes_after_it_opens"),
        ]

    def __str__(self) -> str:
        return self.organisation.name


class Products(models.QuerySet["Product"]):
    def active(self) -> Self:
        return self.filter(archived_at=None)


class Product(models.Model):
    class Category(models.TextChoices):
        VEGETABLES = "vegetables", _("Vegetables")
        FRUIT = "fruit", _("Fruit")
        DAIRY = "dairy", _("Dairy and eggs")
        BREAD = "bread", _("Bread and flour")
        MEAT = "meat", _("Meat")
        PANTRY = "pantry", _("Pantry")
        DRINKS = "drinks", _("Drinks")
        PLANTS = "plants", _("Plants and flowers")

    producer = models.ForeignKey(Producer, models.PROTECT, related_name="products")
    sku = models.SlugField(max_length=40)
    name = Texts()
    description = Texts()
    category = models.CharField(max_length=12, choices=Category.choices)
    dfc_type = models.CharField(max_length=60, blank=True)
    unit = models.CharField(max_length=8, choices=Unit.choices)
    step = models.DecimalField(max_digits=6, decimal_places=3, default=Decimal(1))
    sold_by_weight = models.BooleanField(default=False)
    net_quantity = models.DecimalField(max_digits=9, decimal_places=3)
    net_unit = models.CharField(max_length=5, choices=[("kg", _("kg")), ("l", _("litre")), ("piece", _("piece"))])
    unit_kg = models.DecimalField(max_digits=9, decimal_places=3)
    vat_category = models.CharField(max_length=8, choices=VatRate.Category.choices, default=VatRate.Category.FOOD)
    storage_class = models.CharField(max_length=8, choices=StorageClass.choices)
    max_temperature = models.DecimalField(max_digits=4, decimal_places=1)
    shelf_life_days = models.PositiveIntegerField()
    allergens = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    season = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    crate = Texts()
    units_per_crate = models.PositiveIntegerField()
    deposit = models.DecimalField(max_digits=6, decimal_places=2, default=0)
    cost = models.DecimalField(
        max_digits=10, decimal_places=4, null=True, blank=True, help_text=_("seen by the farm only")
    )
    alcohol = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    perishable = models.BooleanField(default=True)
    drawing = models.CharField(max_length=20, blank=True)
    photo = models.ImageField(
        upload_to="products/", blank=True, validators=[FileExtensionValidator(["jpg", "jpeg", "png", "webp"])]
    )
    photo_small = models.ImageField(
        upload_to="products/", blank=True, editable=False, validators=[FileExtensionValidator(["webp"])]
    )
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = Products.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["producer", "sku"], name="product_sku_once_per_producer"),
            models.CheckConstraint(condition=Q(step__gt=0), name="product_step_positive"),
            models.CheckConstraint(condition=Q(net_quantity__gt=0, unit_kg__gt=0), name="product_weighs_something"),
            models.CheckConstraint(condition=Q(units_per_crate__gt=0), name="product_fits_a_crate"),
            models.CheckConstraint(condition=Q(deposit__gte=0), name="product_deposit_not_negative"),
            models.CheckConstraint(condition=Q(cost=None) | Q(cost__gte=0), name="product_cost_not_negative"),
        ]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def minimum_age(self) -> int | None:
        """Years a buyer must be: 16 for beer and wine, 18 above 22 % alcohol."""
        if not self.alcohol:
            return None
        return 18 if self.alcohol > 22 else 16


class Findable(models.Model):
    """
    The words by which a product is found: its name in every language, its farm and municipality, words for its category.
    Written by triggers of the database (migration 0003), whoever changes a name; `spelled` is lower case without accents.
    """

    product = models.OneToOneField(Product, models.CASCADE, primary_key=True)
    spelled = models.TextField()
    words = SearchVectorField()

    class Meta:
        indexes = [
            GinIndex(fields=["words"], name="products_by_word"),
            GinIndex(fields=["spelled"], opclasses=["gin_trgm_ops"], name="products_by_spelling"),
        ]


class UnmetSearch(models.Model):
    """How often a network was asked in a week, in plain words, for what nobody there sells. How often, never by whom."""

    network = models.ForeignKey(Network, models.CASCADE, related_name="unmet_searches")
    week_on = models.DateField()
    words = models.CharField(max_length=40)
    times = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name_plural = "unmet searches"
        constraints = [models.UniqueConstraint(fields=["network", "week_on", "words"], name="unmet_search_once_a_week")]
