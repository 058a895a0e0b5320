from tests.matrix import Page


def of_network(world):
    return {"network": world.network.slug}


def of_order(world):
    return {"pk": world.order.pk}


def of_subscription(world):
    return {"pk": world.subscription.pk}


def of_week(world):
    return of_subscription(world) | {"week_on": str(world.subscription.starts_on)}


def of_recall(world):
    return {"pk": world.recall.pk}


SIGN_IN = {"anonymous": 302}
OWN = SIGN_IN | {"bob": 200}
PRESSED = SIGN_IN | {"bob": 302}
TIED = SIGN_IN | {"charlie": 404}
COORDINATOR = SIGN_IN | dict.fromkeys(["bob", "alice", "eli", "fien", "gust"], 403) | {"dana": 200}
FOLLOWED = SIGN_IN | {"alice": 200, "dana": 200}
BUYER = SIGN_IN | {"bob": 200, "dana": 200}

PAGES = [
    Page("orders:shop", of_network, others=200),
    Page("orders:farm", lambda w: of_network(w) | {"slug": w.farm.slug}, others=200),
    Page("orders:product", lambda w: of_network(w) | {"pk": w.leek.pk}, others=200),
    Page("orders:deliveries", of_network, others=200),
    Page("orders:home", of_network, expected=SIGN_IN | {"bob": 200}),
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
    Page("orders:confirm", of_order, expected=SIGN_IN | {"bob": 302}),
    Page("orders:calendar", of_order, expected=BUYER),
    Page("orders:move", of_order, method="post", expected=SIGN_IN),
    Page("orders:cancel", of_order, expected=SIGN_IN),
    Page("orders:amend", of_order, expected=COORDINATOR | {"dana": 302}),
    Page("orders:refill", of_order, method="post", expected=SIGN_IN),
    Page("orders:documents", lambda w: {"pk": w.household.pk}, expected=SIGN_IN | {"bob": 200}),
    Page("orders:withdrawals", others=200, expected=SIGN_IN),
    Page("orders:withdraw", of_order, expected=SIGN_IN | {"bob": 200}),
    Page("orders:returns", of_network, expected=COORDINATOR),
    Page("orders:receive", lambda w: of_network(w) | {"pk": w.withdrawal.pk}, expected=COORDINATOR),
    Page("orders:document", lambda w: {"pk": w.document.pk}, expected=BUYER),
    Page(
        "orders:purchase_order", lambda w: {"pk": w.purchase_order.pk}, expected=SIGN_IN | {"alice": 200, "dana": 200}
    ),
    Page("orders:again", of_network, others=302, expected={"bob": 200}),
    Page("orders:favourites", of_network, others=200, expected=SIGN_IN),
    Page("orders:favourite", of_network, "post", lambda w: {"keep": w.leek.pk}, others=302),
    Page("orders:boxes", of_network, others=200),
    Page("orders:box", lambda w: of_network(w) | {"pk": w.size.box_id}, others=200),
    Page("orders:subscriptions", others=200, expected=SIGN_IN),
    Page("orders:subscribe_to_list", of_order, expected=OWN),
    Page("orders:subscription", of_subscription, expected=OWN),
    Page("orders:subscription_lines", lambda w: {"pk": w.own_list.pk}, expected=OWN),
    Page("orders:subscription_stop", of_subscription, "post", expected=PRESSED),
    Page("orders:subscription_resume", of_subscription, "post", expected=PRESSED),
    Page("orders:week_skip", of_week, "post", expected=PRESSED),
    Page("orders:week_give", of_week, "post", lambda w: {"cause": w.cause.pk}, expected=PRESSED),
    Page("orders:week_as_usual", of_week, "post", expected=PRESSED),
    Page("orders:week_swap", of_week, expected=OWN),
    Page("orders:asked", lambda w: {"slug": w.farm.slug}, others=403, expected=TIED | {"alice": 200}),
    Page("orders:colleagues", lambda w: {"slug": w.farm.slug}, others=403, expected=TIED | {"alice": 200}),
    Page("orders:farm_boxes", lambda w: {"slug": w.farm.slug}, others=403, expected=TIED | {"alice": 200}),
    Page("orders:box_start", lambda w: {"slug": w.farm.slug}, others=403, expected=TIED | {"alice": 200}),
    Page(
        "orders:box_size",
        lambda w: {"slug": w.farm.slug, "pk": w.size.box_id},
        others=403,
        expected=TIED | {"alice": 200},
    ),
    Page(
        "orders:compose",
        lambda w: {"size": w.size.pk, "week_on": str(w.subscription.starts_on)},
        expected=SIGN_IN | {"alice": 200},
    ),
    Page("orders:subscription_report", of_network, others=403, expected=TIED | {"dana": 200}),
    Page(
        "orders:cause_archive",
        lambda w: of_network(w) | {"pk": w.cause.pk},
        "post",
        others=403,
        expected=TIED | {"dana": 302},
    ),
    Page(
        "orders:stock",
        lambda w: {"slug": w.farm.slug, "pk": w.jam.pk},
        others=403,
        expected=SIGN_IN | {"charlie": 404, "alice": 200},
    ),
    Page("orders:pool", lambda w: {"pk": w.supply.pk}, others=403, expected=SIGN_IN | {"charlie": 404, "alice": 200}),
    Page("orders:cut", lambda w: {"pk": w.supply.pk}, others=403, expected=SIGN_IN | {"charlie": 404, "alice": 200}),
    Page("orders:trace", lambda w: {"slug": w.farm.slug}, others=403, expected=TIED | {"alice": 200, "dana": 200}),
    Page("orders:recall_new", lambda w: {"slug": w.farm.slug}, others=403, expected=TIED | {"alice": 302, "dana": 302}),
    Page("orders:recall", of_recall, expected=FOLLOWED),
    Page("orders:recall_file", of_recall, expected=FOLLOWED),
    Page(
        "orders:recall_reached",
        lambda w: of_recall(w) | {"notice": w.recall.notices.get().pk},
        "post",
        expected=SIGN_IN | {"alice": 403, "dana": 302},
    ),
    Page("orders:recall_close", of_recall, "post", expected=SIGN_IN | {"alice": 302, "dana": 302}),
    Page("orders:recall_credit", of_recall, "post", expected=SIGN_IN | {"alice": 403, "dana": 302}),
    Page("orders:recalls", of_network, expected=COORDINATOR),
    Page("orders:purchase_orders", lambda w: {"slug": w.farm.slug}, expected=SIGN_IN | {"alice": 200}),
]
