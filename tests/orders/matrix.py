from tests.matrix import Page


def of_network(world):
    return {"network": world.network.slug}


def of_order(world):
    return {"pk": world.order.pk}


SIGN_IN = {"anonymous": 302}
COORDINATOR = SIGN_IN | dict.fromkeys(["bob", "alice", "eli", "fien", "gust"], 403) | {"dana": 200}
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
    Page("orders:documents", lambda w: {"pk": w.household.pk}, expected=SIGN_IN | {"bob": 200}),
    Page("orders:withdrawals", others=200, expected=SIGN_IN),
    Page("orders:withdraw", of_order, expected=SIGN_IN | {"bob": 200}),
    Page("orders:returns", of_network, expected=COORDINATOR),
    Page("orders:receive", lambda w: of_network(w) | {"pk": w.withdrawal.pk}, expected=COORDINATOR),
    Page("orders:document", lambda w: {"pk": w.document.pk}, expected=BUYER),
    Page(
        "orders:purchase_order", lambda w: {"pk": w.purchase_order.pk}, expected=SIGN_IN | {"alice": 200, "dana": 200}
    ),
    Page("orders:purchase_orders", lambda w: {"slug": w.farm.slug}, expected=SIGN_IN | {"alice": 200}),
]
