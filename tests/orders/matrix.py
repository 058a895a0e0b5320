from tests.matrix import Page


def of_network(world):
    return {"network": world.network.slug}


def of_order(world):
    return {"pk": world.order.pk}


SIGN_IN = {"anonymous": 302}
BUYER = SIGN_IN | {"bob": 200, "dana": 200}

PAGES = [
    Page("orders:shop", of_network, others=200),
    Page("orders:deliveries", of_network, others=200),
    Page("orders:buyer", of_network, method="post", expected=SIGN_IN),
    Page(
        "orders:fill",
        lambda w: of_network(w) | {"delivery": w.delivery.pk},
        method="post",
        others=422,
        expected=SIGN_IN,
    ),
    Page("orders:mine", others=200, expected=SIGN_IN),
    Page("orders:detail", of_order, expected=BUYER),
    Page("orders:confirm", of_order, expected=SIGN_IN),
    Page("orders:cancel", of_order, expected=SIGN_IN),
    Page("orders:document", lambda w: {"pk": w.document.pk}, expected=BUYER),
    Page(
        "orders:purchase_order", lambda w: {"pk": w.purchase_order.pk}, expected=SIGN_IN | {"alice": 200, "dana": 200}
    ),
    Page("orders:cut", lambda w: {"pk": w.supply.pk}, others=403, expected=SIGN_IN | {"charlie": 404, "alice": 200}),
    Page("orders:purchase_orders", lambda w: {"slug": w.farm.slug}, expected=SIGN_IN | {"alice": 200}),
]
