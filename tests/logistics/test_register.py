"""The register as a page, a spreadsheet and a paper; and what is called back where it is handed over."""

import re
from io import BytesIO

import pytest
from django.urls import reverse
from pypdf import PdfReader

from logistics.sheets import register as paper
from network import clock
from orders import recalls, tracing
from orders.models import Order
from producers import lots
from tests.producers.test_desk import text

pytestmark = pytest.mark.django_db
MARCH = {"first": "2026-03-01", "last": "2026-03-31"}


@pytest.fixture
def lot(closed_day, leek, alice):
    return lots.note(product=leek, harvested_on=clock.today(), field="=cmd", uses={closed_day.pk: None}, by=alice)


def test_as_page_spreadsheet_and_paper(lot, farm, network, alice, dana, visit):
    hers = reverse("logistics:farm_register", args=[farm.slug])
    assert "own harvest, =cmd" in text(visit(alice).get(hers, MARCH))
    csv = visit(alice).get(hers, MARCH | {"as": "csv"})
    assert csv["Content-Disposition"] == 'attachment; filename="register-hoeve-alice-2026-03-01-2026-03-31.csv"'
    first, second, third = csv.content.decode("utf-8-sig").splitlines()
    assert first == "Date;In or out;Product;Lot;Quantity;Unit;From;To;Document"
    assert second == "2026-03-02;in;leek;260302A;;kg;own harvest, =cmd;Hoeve Alice;"
    assert third.startswith("2026-03-05;out;leek;260302A;37;kg;Hoeve Alice;Kouter Gent;purchase order ")
    theirs = reverse("logistics:network_register", args=[network.slug])
    drawn = visit(dana).get(theirs, MARCH | {"as": "pdf"})
    assert drawn["Content-Type"] == "application/pdf"
    printed = re.sub(r"\s+", " ", PdfReader(BytesIO(drawn.content)).pages[0].extract_text())
    assert "Register of goods in and out" in printed and "260302A" in printed and "2 households" in printed


def test_a_supplier_that_looks_like_a_formula_runs_nowhere(leek, farm, alice, day, visit):
    lots.note(product=leek, harvested_on=clock.today(), supplier="=1+1", document="@SUM(A1)", by=alice)
    csv = visit(alice).get(reverse("logistics:farm_register", args=[farm.slug]), MARCH | {"as": "csv"})
    assert csv.content.decode("utf-8-sig").splitlines()[1].endswith(";kg;'=1+1;Hoeve Alice;'@SUM(A1)")


def test_what_is_too_much_for_paper_or_no_period_is_refused_beside_the_field(lot, farm, alice, visit, monkeypatch):
    monkeypatch.setattr(paper, "MOST", 1)
    url, client = reverse("logistics:farm_register", args=[farm.slug]), visit(alice)
    wrong = client.get(url, MARCH | {"as": "pdf"})
    assert wrong.status_code == 422 and "These are 2 rows, too many for paper." in text(wrong)
    turned = client.get(url, {"first": "2026-03-31", "last": "2026-03-01", "as": "csv"})
    assert turned.status_code == 422 and "from early to late" in text(turned)
    assert client.get(url, {"first": "x"}).status_code == 422


def test_who_mans_the_point_reads_what_must_not_be_handed_over(
    lot, closed_day, farm, leek, delivery, alice, fien, visit
):
    client, url = visit(fien), reverse("logistics:pickup", args=[delivery.pk])
    assert "alled back" not in text(client.get(url))
    recalls.start(
        producer=farm,
        goods=tracing.goods_of_lots([lot]),
        viewer=tracing.viewer_of(alice, farm),
        action="return",
        reason="Er zit zand in.",
        by=alice,
    )
    shown = text(client.get(url))
    assert "Called back: do not hand it over. Er zit zand in." in shown
    assert "12 kg leek Called back: do not hand over" in shown and "keep back what is called back" in shown
    assert "6 bottle milk Called back" not in shown
    assert Order.objects.filter(delivery=delivery).count() == 1
