"""What farmers announce: producers, products, supplies, and the offers that sell them."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.core.validators import FileExtensionValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from network import clock
from network.models import DeliveryDay, Network, Organisation, Person, PriceGroup, VatRate
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


class Supply(models.Model):
    """
    What a producer has of a product in a week, for all networks and buyers together. `reserved` is written by
    `producers.stock` only.
    """

    product = models.ForeignKey(Product, models.PROTECT, related_name="supplies")
    week_on = models.DateField(help_text=_("the Monday of the week of delivery"))
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    reserved = models.DecimalField(max_digits=12, decimal_places=3, default=0)
    price = models.DecimalField(max_digits=10, decimal_places=4)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name_plural = "supplies"
        constraints = [
            models.UniqueConstraint(fields=["product", "week_on"], name="one_supply_per_product_and_week"),
            models.CheckConstraint(
                condition=Q(reserved__gte=0, reserved__lte=F("quantity")), name="supply_reserved_within_quantity"
            ),
            models.CheckConstraint(condition=Q(price__gt=0), name="supply_price_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.product} {self.week_on}"

    @property
    def available(self) -> Decimal:
        return self.quantity - self.reserved


class Offers(models.QuerySet["Offer"]):
    def on_sale(self) -> Self:
        """Offers that can be ordered this moment; sold out ones included."""
        moment = clock.now()
        return self.filter(
            Q(closes_at=None) | Q(closes_at__gt=moment),
            listed=True,
            delivery_day__status=DeliveryDay.Status.OPEN,
            delivery_day__closes_at__gt=moment,
        )


class Offer(models.Model):
    """
    A supply at a price, on a delivery day, for a price group. All prices per unit: `price` is what the farmer receives,
    `net` and `gross` what the buyer pays without and with VAT; `tariff` and `contribution` are the parts between. `tiers`
    are the lower prices from so many units, fewest first: `{"from": "20.000", "price": …, "gross": …}`, as strings.
    """

    supply = models.ForeignKey(Supply, models.PROTECT, related_name="offers")
    delivery_day = models.ForeignKey(DeliveryDay, models.PROTECT, related_name="offers")
    price_group = models.ForeignKey(PriceGroup, models.PROTECT, related_name="offers")
    price = models.DecimalField(max_digits=10, decimal_places=4)
    tariff = models.DecimalField(max_digits=10, decimal_places=4)
    contribution = models.DecimalField(max_digits=10, decimal_places=4)
    net = models.DecimalField(max_digits=10, decimal_places=4)
    vat_rate = models.DecimalField(max_digits=4, decimal_places=2)
    gross = models.DecimalField(max_digits=10, decimal_places=2)
    tiers = models.JSONField(default=list, blank=True)
    listed = models.BooleanField(default=True)
    closes_at = models.DateTimeField(null=True, blank=True)

    objects = Offers.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["supply", "delivery_day", "price_group"], name="one_offer_per_supply_day_and_price_group"
            ),
            models.CheckConstraint(
                condition=Q(price__gt=0, tariff__gte=0, contribution__gte=0, net__gt=0, gross__gt=0),
                name="offer_prices_make_sense",
            ),
            models.CheckConstraint(
                condition=Exact(F("net"), F("price") + F("tariff") + F("contribution")),
                name="offer_net_is_the_sum_of_its_parts",
            ),
        ]
        indexes = [models.Index(fields=["delivery_day", "price_group"], name="offers_of_a_day_and_group")]

    def __str__(self) -> str:
        return str(self.supply)


class StockMovement(models.Model):
    """Why the quantity of a supply changed. Append-only."""

    class Reason(models.TextChoices):
        ANNOUNCED = "announced", _("announced")
        CORRECTED = "corrected", _("corrected")
        SHORTAGE = "shortage", _("shortage")

    supply = models.ForeignKey(Supply, models.PROTECT, related_name="movements")
    change = models.DecimalField(max_digits=12, decimal_places=3)
    reason = models.CharField(max_length=10, choices=Reason.choices)
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=clock.now)


class PriceChange(models.Model):
    """The farmer's price of a supply, as it was and became. Append-only."""

    supply = models.ForeignKey(Supply, models.PROTECT, related_name="price_changes")
    old = models.DecimalField(max_digits=10, decimal_places=4, null=True)
    new = models.DecimalField(max_digits=10, decimal_places=4)
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=clock.now)


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


class Agreements(models.QuerySet["Agreement"]):
    def current(self) -> Self:
        """Those that hold, or will."""
        return self.filter(period__endswith__gt=clock.today())


class Agreement(models.Model):
    """
    What a farmer promised a group of buyers of a network: `price` is what she receives per unit for deliveries within
    `period`, for any quantity (`from_quantity` 0) or from so many units of one order.
    """

    product = models.ForeignKey(Product, models.PROTECT, related_name="agreements")
    price_group = models.ForeignKey(PriceGroup, models.PROTECT, related_name="agreements")
    price = models.DecimalField(max_digits=10, decimal_places=4)
    from_quantity = models.DecimalField(max_digits=12, decimal_places=3, default=0)
    period = DateRangeField()
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(default=clock.now)

    objects = Agreements.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(price__gt=0, from_quantity__gte=0), name="agreement_price_and_quantity_make_sense"
            ),
            ExclusionConstraint(
                name="one_agreement_at_a_time",
                expressions=[
                    ("product", RangeOperators.EQUAL),
                    ("price_group", RangeOperators.EQUAL),
                    ("from_quantity", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
        ]

    @property
    def last_on(self) -> date:
        """The last day on which it holds."""
        end: date = self.period.upper
        return end - timedelta(days=1)


class Batch(models.Model):
    """
    Many changes of a week at once, pasted, from a file or by a rule: first read and looked at, then applied whole or not at
    all. `upload` is what came in and is forgotten once it is read; `result` what was understood, as `producers.batches` writes it.
    """

    class Source(models.TextChoices):
        PASTED = "pasted", _("pasted")
        FILE = "file", _("file")
        RULE = "rule", _("changed at once")

    class Status(models.TextChoices):
        WAITING = "waiting", _("being read")
        READY = "ready", _("to look at")
        APPLYING = "applying", _("being applied")
        APPLIED = "applied", _("applied")
        REFUSED = "refused", _("refused")

    producer = models.ForeignKey(Producer, models.CASCADE, related_name="batches")
    week_on = models.DateField()
    source = models.CharField(max_length=6, choices=Source.choices)
    name = models.CharField(max_length=120, blank=True)
    upload = models.BinaryField(default=bytes)
    result = models.JSONField(default=dict)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.WAITING)
    message = models.TextField(blank=True)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=clock.now)
