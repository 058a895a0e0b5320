"""An address is placed without asking anybody outside."""

import pytest

from network import postcodes
from network.errors import Refused


@pytest.mark.parametrize(
    ("postcode", "municipality", "said", "point"),
    [
        ("9000", "Gent", "Gent", (51.05, 3.71667)),
        ("9000", " GAND ", "Gent", (51.05, 3.71667)),
        ("B-9000", "gent", "Gent", (51.05, 3.71667)),
        ("9031", "Drongen", "Drongen (Gent)", (51.05067, 3.65649)),
        ("9031", "Gent", "Drongen (Gent)", (51.05067, 3.65649)),
        ("9031", "Baarle", "Drongen (Gent)", (51.05067, 3.65649)),
        ("4000", "liege", "Luik", (50.63373, 5.56749)),
    ],
)
def test_an_address_lies_in_the_middle_of_its_village_or_municipality(postcode, municipality, said, point):
    area = postcodes.find(postcode, municipality)
    assert str(area) == said
    assert area.point == pytest.approx(point, abs=0.01)


def test_a_postcode_that_does_not_exist_is_refused_beside_it():
    for postcode in ("9999", "", "12", "gent", "900000"):
        with pytest.raises(Refused, match="No place in Belgium has this postcode") as refused:
            postcodes.find(postcode, "Gent")
        assert refused.value.field == "postcode"


def test_a_municipality_with_another_postcode_is_refused_with_both():
    with pytest.raises(Refused, match="9000 is Gent; the postcode of Leuven is 3000") as refused:
        postcodes.find("9000", "Leuven")
    assert refused.value.field == "municipality"
