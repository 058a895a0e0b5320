"""Terms have dates: one at a time, from the first day up to the day before the next."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from network.models import BankAccount, Organisation, PriceGroup, Tariff, VatRate, VatStatus
from tests.conftest import make_network, make_organisation

D = Decimal
NEW_YEAR = date(2026, 1, 1)
pytestmark = pytest.mark.django_db

Make = Callable[[tuple[date | None, date | None]], Any]


@pytest.fixture
def farm() -> Organisation:
    return make_organisation("Hoeve Alice", kind="business")


@pytest.fixture(params=["rate", "tariff", "regime", "bank account"])
def make(request: pytest.FixtureRequest, farm: Organisation) -> Make:
    """Makes one of these terms for a period, each time for the same owner."""
    makers: dict[str, Make] = {
        "rate": lambda period: VatRate.objects.create(category="food", rate=6, period=period),
        "tariff": lambda period: Tariff.objects.create(
            network=network, storage_class="cool", per_crate=D(2), period=period
        ),
        "regime": lambda period: VatStatus.objects.create(organisation=farm, regime="normal", period=period),
        "bank account": lambda period: BankAccount.objects.create(
            organisation=farm, iban="BE71096123456769", period=period
        ),
    }
    network = make_network() if request.param == "tariff" else None
    Tariff.objects.all().delete()
    return makers[request.param]


def on(rows: Any, day: date) -> Any:
    return rows.objects.filter(period__contains=day)


def test_one_follows_the_other_to_the_day(make: Make) -> None:
    old, new = make((date(2020, 1, 1), NEW_YEAR)), make((NEW_YEAR, None))
    rows = type(old)
    assert on(rows, date(2019, 12, 31)).count() == 0
    assert on(rows, date(2025, 12, 31)).get() == old
    assert on(rows, NEW_YEAR).get() == new
    assert on(rows, date(2040, 1, 1)).get() == new


@pytest.mark.parametrize(
    "period",
    [
        (date(2025, 12, 31), None),
        (None, date(2020, 1, 2)),
        (date(2022, 1, 1), date(2023, 1, 1)),
        (None, None),
        (date(2020, 1, 1), NEW_YEAR),
    ],
    ids=["its last day", "its first day", "inside", "always", "the same"],
)
def test_two_at_a_time_are_refused_by_the_database(make: Make, period: tuple[date | None, date | None]) -> None:
    kept = make((date(2020, 1, 1), NEW_YEAR))
    with pytest.raises(IntegrityError, match="at_a_time"), transaction.atomic():
        make(period)
    assert type(kept).objects.get() == kept


def test_what_is_of_another_kind_or_owner_has_periods_of_its_own(farm: Organisation) -> None:
    always = (date(2020, 1, 1), None)
    for category in ("food", "alcohol", "plants", "service"):
        VatRate.objects.create(category=category, rate=6, period=always)
    for owner in (farm, make_organisation("Hoeve Bea")):
        VatStatus.objects.create(organisation=owner, regime="normal", period=always)
        BankAccount.objects.create(organisation=owner, iban="BE71096123456769", period=always)
    for slug in ("gent", "leuven"):
        assert list(Tariff.objects.filter(network=make_network(slug)).values_list("storage_class", "per_crate")) == [
            ("ambient", D("1.5")),
            ("cool", D("2")),
            ("cold", D("2.5")),
            ("frozen", D("3")),
        ]


def test_the_tariffs_of_a_day(farm: Organisation) -> None:
    network = make_network()
    Tariff.objects.filter(storage_class="cool").update(period=(date(2020, 1, 1), NEW_YEAR))
    Tariff.objects.create(network=network, storage_class="cool", per_crate=D("2.20"), period=(NEW_YEAR, None))
    for day, per_crate in ((date(2025, 12, 31), D("2")), (NEW_YEAR, D("2.20"))):
        assert Tariff.objects.on(day).get(storage_class="cool").per_crate == per_crate
        assert Tariff.objects.on(day).count() == 4


@pytest.mark.parametrize("rate", ["-1", "-0.01", "100"])
def test_a_vat_rate_is_a_percentage(rate: str) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        VatRate.objects.create(category="food", rate=D(rate), period=(NEW_YEAR, None))


def test_a_tariff_and_a_contribution_keep_within_reason() -> None:
    network = make_network()
    with pytest.raises(IntegrityError, match="tariff_not_negative"), transaction.atomic():
        Tariff.objects.update(per_crate=D("-0.01"))
    for wrong in ("-0.001", "1"):
        with pytest.raises(IntegrityError, match="share_below_one"), transaction.atomic():
            PriceGroup.objects.filter(network=network).update(contribution=D(wrong))
    with pytest.raises(IntegrityError, match="per_audience"), transaction.atomic():
        PriceGroup.objects.create(network=network, audience="trade", contribution=D("0.1"))
