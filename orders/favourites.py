"""What a household, or another buyer, wants to find again."""

from django.db import transaction
from django.db.models import Exists, OuterRef

from network.models import Network, Organisation
from orders.models import Favourite
from producers.models import Producer, Product


@transaction.atomic
def set_favourite(*, buyer: Organisation, product: Product, wanted: bool) -> None:
    """The buyer's favourites hold the product, or do not; saying it twice is saying it once."""
    if wanted:
        Favourite.objects.bulk_create([Favourite(buyer=buyer, product=product)], ignore_conflicts=True)
    else:
        Favourite.objects.filter(buyer=buyer, product=product).delete()


def is_favourite(buyer: Organisation | None) -> Exists:
    """For a query of offers: whether the buyer marked its product."""
    return Exists(Favourite.objects.filter(buyer=buyer, product=OuterRef("supply__product")))


def of_buyer(buyer: Organisation, network: Network) -> list[Product]:
    """The buyer's favourites among what farms of this network sell, by name; what is out of season too."""
    found = (
        Product.objects.active()
        .filter(pk__in=buyer.favourites.values("product"), producer__in=Producer.objects.active().in_network(network))
        .select_related("producer__organisation")
    )
    return sorted(found, key=lambda product: (str(product).casefold(), product.pk))
