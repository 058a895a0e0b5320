"""The shop as a buyer sees it: rows of offers, the basket beside them, and where each euro goes. Reads only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.files.storage import default_storage
from django.db.models import CharField, F, Func, IntegerField, QuerySet, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from network import clock
from network.models import Delivery, Network, Organisation, PriceGroup, VatRate
from network.models.places import km_between
from network.money import euros, split_vat
from network.quantities import Unit
from network.templatetags.kouter import dayhour
from network.texts import LocalText
from orders import favourites, weighing
from orders.models import Order, OrderLine
from producers.models import Offer, Pool, Product

FEW = 8
"""Units from which the row says how many are left."""
CATEGORY_ORDER = Func(
    Value(list(Product.Category.values), output_field=ArrayField(CharField())),
    F("supply__product__category"),
    function="array_position",
    output_field=IntegerField(),
)


@dataclass(frozen=True)
class Row:
    """One offer on the shelf, as the tags of `network.templatetags.goods` draw it."""

    pk: int
    name: str
    detail: str
    farm: str
    farm_url: str
    url: str
    distance_km: float | None
    gross: Decimal
    unit_price: str
    drawing: str
    category: str
    organic: bool
    quantity: Decimal
    step: Decimal
    left: Decimal | None
    maximum: Decimal | None
    sold_out: bool
    alternative: tuple[str, str] | None
    editable: bool
    error: str = ""
    per_crate: int = 0
    product: int = 0
    kept: bool = False
    tinted: bool = False
    photo: str = ""

    __getitem__ = object.__getattribute__
    """What draws a row looks up by key, 1,500 times for a page."""

    @property
    def field(self) -> str:
        return f"q{self.pk}"

    @property
    def was(self) -> str:
        return f"w{self.pk}"

    @property
    def less_label(self) -> str:
        return _("One less: %(name)s") % {"name": self.name}

    @property
    def quantity_label(self) -> str:
        return _("Quantity of %(name)s") % {"name": self.name}

    @property
    def more_label(self) -> str:
        return _("Add: %(name)s") % {"name": self.name}

    @property
    def case(self) -> str:
        return _("%(number)s per crate") % {"number": self.per_crate}

    @property
    def tags(self) -> list[tuple[str, str]]:
        return [("organic", _("Organic"))] if self.organic else []


def offers_for(delivery: Delivery, group: PriceGroup) -> QuerySet[Offer]:
    """Everything listed for a delivery's day at a group's price, by category and the reader's name; sold out ones included."""
    return Offer.objects.filter(delivery_day=delivery.delivery_day_id, price_group=group, listed=True).order_by(
        CATEGORY_ORDER, _name(), "pk"
    )


def rows_of(
    offers: Iterable[Offer] | QuerySet[Offer],
    *,
    network: Network,
    delivery: Delivery,
    lines: Mapping[int, OrderLine],
    editable: bool,
    buyer: Organisation | None = None,
    errors: Mapping[int, str] | None = None,
    wanted: Mapping[int, Decimal] | None = None,
) -> list[Row]:
    """The rows of a page of offers, in one query; `lines` is the basket by offer, `wanted` what was asked but refused."""
    assert isinstance(offers, QuerySet)
    product = "supply__product__"
    values = list(
        offers.annotate(
            left=F("supply__quantity") - F("supply__reserved"), kept=favourites.is_favourite(buyer)
        ).values(
            "pk", "left", "kept", "gross", "net", "closes_at", "tiers",
            pooled=F("supply__pool__status"), enough=F("supply__pool__threshold"), asked=F("supply__reserved"),
            name=F(f"{product}name"), dfc=F(f"{product}dfc_type"), unit=F(f"{product}unit"), step=F(f"{product}step"),
            by_weight=F(f"{product}sold_by_weight"), net_quantity=F(f"{product}net_quantity"),
            net_unit=F(f"{product}net_unit"), drawing=F(f"{product}drawing"), category=F(f"{product}category"),
            product=F(f"{product}pk"), photo=F(f"{product}photo_small"), crate=F(f"{product}units_per_crate"), farm=F(f"{product}producer__organisation__name"),
            slug=F(f"{product}producer__slug"), organic=F(f"{product}producer__organic_body"),
            lat=F(f"{product}producer__organisation__place__lat"), lon=F(f"{product}producer__organisation__place__lon"),
        )
    )  # fmt: skip
    language = get_language()
    here = delivery.place.point
    for value in values:
        value["km"] = km_between(here, (value["lat"], value["lon"])) if value["lat"] is not None else None
    alternatives = _alternatives(values)
    # A reverse each takes longer than drawing the row.
    products = reverse("orders:product", args=[network.slug, 0]).removesuffix("0/")
    farms = reverse("orders:farm", args=[network.slug, "0"]).removesuffix("0/")
    rows = []
    for value in values:
        pk = value["pk"]
        line = lines.get(pk)
        held = line.held if line else Decimal(0)
        most = value["left"] + held
        quantity = (wanted or {}).get(pk, line.quantity if line else Decimal(0))
        rows.append(
            Row(
                pk=pk,
                name=LocalText(value["name"]).in_language(language),
                detail=", ".join([_detail(value), *_tiers(value), *_pool(value)]),
                farm=value["farm"],
                farm_url=f"{farms}{value['slug']}/",
                url=f"{products}{value['product']}/",
                distance_km=value["km"],
                gross=line.gross if line else value["gross"],
                unit_price=_per_measure(value),
                drawing=value["drawing"],
                category=value["category"],
                organic=bool(value["organic"]),
                quantity=quantity,
                step=value["step"],
                left=most if most <= FEW * value["step"] else None,
                maximum=(most / value["step"]).to_integral_value(ROUND_FLOOR) * value["step"],
                sold_out=most < value["step"],
                alternative=_instead_of(value, alternatives, language) if most < value["step"] else None,
                editable=editable,
                error=(errors or {}).get(pk, ""),
                per_crate=value["crate"],
                product=value["product"],
                kept=value["kept"],
                photo=default_storage.url(value["photo"]) if value["photo"] else "",
            )
        )
    return rows


def _alternatives(values: list[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """Per kind, per drawing and per category what can be had nearest by, then what most is left of."""
    best: dict[tuple[str, str], dict[str, Any]] = {}
    there_is = [value for value in values if value["left"] >= value["step"]]
    for value in sorted(there_is, key=_nearest_and_most):
        for like in _likenesses(value):
            best.setdefault(like, value)
    return best


def _nearest_and_most(value: Mapping[str, Any]) -> tuple[float, Decimal]:
    return (value["km"] if value["km"] is not None else float("inf")), -value["left"]


def _likenesses(value: Mapping[str, Any]) -> list[tuple[str, str]]:
    """In what a product can be like another, the closest first."""
    return [(kind, value[kind]) for kind in ("dfc", "drawing", "category") if value[kind]]


def _instead_of(
    value: Mapping[str, Any], alternatives: Mapping[tuple[str, str], dict[str, Any]], language: str | None
) -> tuple[str, str] | None:
    """The name and the address of what there is instead."""
    other = next((alternatives[like] for like in _likenesses(value) if like in alternatives), None)
    return (LocalText(other["name"]).in_language(language), f"#p{other['pk']}") if other else None


def _name() -> Any:
    """The name to sort by: the reader's, else the Dutch one."""
    dutch = F("supply__product__name__nl")
    language = (get_language() or "")[:2]
    return dutch if language in ("", "nl") else Coalesce(F(f"supply__product__name__{language}"), dutch)


def _tiers(value: Mapping[str, Any]) -> list[str]:
    """From how many units it costs less, which a farmer may agree with the trade."""
    return [
        _("€ %(price)s from %(number)s")
        % {"price": number_format(Decimal(tier["gross"]), 2, use_l10n=True), "number": _number(Decimal(tier["from"]))}
        for tier in value["tiers"]
    ]


def _pool(value: Mapping[str, Any]) -> list[str]:
    """Of what is sold only if enough is ordered: how far it is, and when it is decided."""
    if value["pooled"] != Pool.Status.GATHERING:
        return []
    said = {"asked": _number(value["asked"]), "enough": _number(value["enough"]), "moment": dayhour(value["closes_at"])}
    return [_("goes on from %(enough)s: %(asked)s ordered, decided %(moment)s") % said]


def _detail(value: Mapping[str, Any]) -> str:
    unit = str(Unit(value["unit"]).label)
    if value["by_weight"]:
        return _("per kg, weighed")
    if value["net_unit"] == "piece":
        return f"{unit}, {_number(value['net_quantity'])} {_('pieces')}" if value["net_quantity"] > 1 else unit
    size, measure = value["net_quantity"], {"kg": "kg", "l": "l"}[value["net_unit"]]
    if size < 1:
        size, measure = size * 1000, {"kg": "g", "l": "ml"}[value["net_unit"]]
    written = f"{_number(size)} {measure}"
    return written if value["unit"] == Unit.KG else f"{unit}, {written}"


def _per_measure(value: Mapping[str, Any]) -> str:
    """The price per kg, litre or piece the law asks for (KB 30-06-1996)."""
    per = euros(value["gross"] / value["net_quantity"])
    measure = _("piece") if value["net_unit"] == "piece" else value["net_unit"]
    return f"€ {number_format(per, 2, use_l10n=True)}/{measure}"


def _number(amount: Decimal) -> str:
    normal = amount.normalize()
    return number_format(normal if normal != normal.to_integral() else normal.to_integral(), use_l10n=True)


def basket_of(order: Order | None, network: Network, *, consumer: bool, fee: Decimal = Decimal(0)) -> dict[str, Any]:
    """
    What templates/parts/basket.html shows: lines, totals, the minimum, and where the euros go. `fee` is what bringing it home
    costs: with the deposits it is in what is `due`, and not in `total` and `maximum`.
    """
    lines = [line for line in order.lines.all() if line.quantity] if order else []
    total = sum((gross(line) for line in lines), Decimal(0))
    maximum = sum((most(line) for line in lines), Decimal(0))
    deposits = sum(map(deposit, lines), Decimal(0))
    minimum = network.minimum_order if consumer else Decimal(0)
    return {
        "lines": [
            {"quantity": line.quantity, "name": str(line.name), "gross": gross(line), "line": line} for line in lines
        ],
        "count": len(lines),
        "total": total,
        "maximum": maximum,
        "deposit": deposits,
        "fee": fee,
        "due": total + deposits + fee,
        "due_at_most": maximum + deposits + fee,
        "minimum": minimum,
        "missing": max(Decimal(0), minimum - total),
        "confirm_url": reverse("orders:confirm", args=[order.pk]) if order else "",
        "farm_part": sum((euros(line.price * line.quantity) for line in lines), Decimal(0)),
        "parts": parts_of(lines, fee),
        "until": order.hold_expires_at if order else None,
        "farms": len({line.producer_id for line in lines}) if consumer else 0,
        "confirmed": bool(order and order.status == Order.Status.CONFIRMED),
        "error": "",
    }


def units(line: OrderLine) -> Decimal:
    """What is paid for: what was billed, else what will be, of what was packed or is in the basket."""
    return line.billed if line.billed is not None else weighing.billable(line)


def gross(line: OrderLine) -> Decimal:
    """What a line costs a consumer, rounded once."""
    return euros(line.gross * units(line))


def deposit(line: OrderLine) -> Decimal:
    return euros(line.deposit * units(line))


def most(line: OrderLine) -> Decimal:
    """The most a line can come to: goods sold by weight may weigh a tenth more, until they are weighed."""
    return euros(line.gross * weighing.most_billable(line)) if line.packed is None else gross(line)


def parts_of(lines: Iterable[OrderLine], fee: Decimal = Decimal(0)) -> list[dict[str, Any]]:
    """
    Where the money of these lines goes: farmer, logistics, network and VAT, adding up to the gross. The `fee` for bringing it
    home is transport, but for its VAT.
    """
    totals = {"farm": Decimal(0), "transport": Decimal(0), "network": Decimal(0), "vat": Decimal(0)}
    for line in lines:
        paid = units(line)
        farm, transport = euros(line.price * paid), euros(line.tariff * paid)
        network = euros(line.net * paid) - farm - transport
        totals["farm"] += farm
        totals["transport"] += transport
        totals["network"] += network
        totals["vat"] += gross(line) - farm - transport - network
    if fee:
        net, vat = split_vat(fee, VatRate.objects.get(category="service", period__contains=clock.today()).rate)
        totals["transport"] += net
        totals["vat"] += vat
    labels = {"farm": _("Farmers"), "transport": _("Transport"), "network": _("Network"), "vat": _("VAT")}
    return [{"label": labels[kind], "value": value, "kind": kind} for kind, value in totals.items()]
