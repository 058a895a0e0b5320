"""
Baskets brought to the door, where a network offers it (`docs/choosing.md`). The delivery of a household exists from the
moment it asks for a day; how many doors a day takes is checked when an order is confirmed (`orders.checkout`).
"""

from django.db import transaction
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from network import clock, postcodes
from network.errors import Refused
from network.models import Delivery, DeliveryDay, HomeDelivery, Network, Organisation, Place
from network.models.places import km_between


def terms_of(network: Network) -> HomeDelivery | None:
    return HomeDelivery.objects.filter(network=network).first()


def days_of(terms: HomeDelivery) -> list[DeliveryDay]:
    """The days on sale on which the network brings baskets home, soonest first."""
    days = DeliveryDay.objects.on_sale().filter(cycle__network=terms.network_id).order_by("on")
    return [day for day in days if day.on.weekday() in terms.weekdays]


def reaches(terms: HomeDelivery, place: Place | None) -> bool:
    """Whether a door with this address is near enough."""
    return bool(place and place.street and km_between(terms.network.hub.point, place.point) <= terms.radius_km)


@transaction.atomic
def bring_home(*, day: DeliveryDay, household: Organisation) -> Delivery:
    """
    The delivery of a day at the household's own door, made when there is none, at its present address. Refused when the
    network does not bring baskets home that day, for who is no household, and when the address is unknown or too far.
    """
    day = DeliveryDay.objects.select_related("cycle__network__hub").get(pk=day.pk)
    terms = terms_of(day.network)
    if terms is None or not day.is_on_sale or day.on.weekday() not in terms.weekdays:
        raise Refused(_("Nothing is brought home on that day. Choose another day, or a pickup point."), "day")
    if household.kind != Organisation.Kind.HOUSEHOLD:
        raise Refused(_("Only households have their basket brought home."), "day")
    place = household.place
    if place is None or not place.street:
        raise Refused(_("Fill in your address first, so that the driver finds you."), "street")
    require_near(terms, place)
    delivery, fresh = Delivery.objects.get_or_create(
        delivery_day=day,
        home=household,
        defaults={
            "place": place,
            "starts_at": clock.moment(day.on, terms.opens),
            "ends_at": clock.moment(day.on, terms.closes),
            "fee": terms.price,
        },
    )
    if not fresh and delivery.place_id != place.pk:
        delivery.place = place
        delivery.save(update_fields=["place"])
    return delivery


def require_near(terms: HomeDelivery, place: Place) -> None:
    km = km_between(terms.network.hub.point, place.point)
    if km > terms.radius_km:
        raise Refused(
            _(
                "Your address is %(km)s km from our hub, and we bring baskets home within %(most)s km. Choose a pickup point near you."
            )
            % {"km": number_format(km, 0), "most": terms.radius_km},
            "postcode",
        )


@transaction.atomic
def move_house(
    *, household: Organisation, terms: HomeDelivery, street: str, postcode: str, municipality: str
) -> Organisation:
    """
    The household's address, and that of what is still to be brought to its door. A move is a new place: papers keep the old
    one. The map knows no closer than the village. Refused for an address that does not exist, or is too far.
    """
    area = postcodes.find(postcode, municipality)
    household = Organisation.objects.select_for_update(of=("self",)).select_related("place").get(pk=household.pk)
    was = household.place
    here = (street.strip(), area.postcode, municipality.strip())
    if was and (was.street, was.postcode, was.municipality) == here:
        return household
    place = Place(street=here[0], postcode=here[1], municipality=here[2], lat=area.lat, lon=area.lon)
    require_near(terms, place)
    place.save()
    household.place = place
    household.save(update_fields=["place"])
    Delivery.objects.on_sale().filter(home=household).update(place=place)
    return household
