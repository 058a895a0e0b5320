from tests.matrix import Page


def of_network(world):
    return {"network": world.network.slug}


def of_farm(world):
    return {"slug": world.farm.slug}


def of_week(world):
    return {"slug": world.farm.slug, "week_on": str(world.supply.week_on)}


def of_row(world):
    return of_week(world) | {"pk": world.leek.pk}


def of_product(world):
    return of_farm(world) | {"pk": world.leek.pk}


TIED = {"anonymous": 302, "charlie": 404}

PAGES = [
    Page("producers:farms", of_network, others=200),
    Page("producers:desk", of_farm, others=403, expected=TIED | {"alice": 200}),
    Page("producers:week", of_week, others=403, expected=TIED | {"alice": 200}),
    Page("producers:announce", of_row, "post", lambda w: {"quantity": "x"}, others=403, expected=TIED | {"alice": 422}),
    Page("producers:repeat", of_week, "post", others=403, expected=TIED | {"alice": 302}),
    Page(
        "producers:typing",
        of_farm,
        "post",
        lambda w: {"week": w.supply.week_on},
        others=403,
        expected=TIED | {"alice": 302},
    ),
    Page("producers:many", of_week, others=403, expected=TIED | {"alice": 200}),
    Page("producers:batch", lambda w: of_farm(w) | {"pk": w.batch.pk}, others=403, expected=TIED | {"alice": 200}),
    Page("producers:export", lambda w: of_week(w) | {"kind": "csv"}, others=403, expected=TIED | {"alice": 200}),
    Page("producers:products", of_farm, others=403, expected=TIED | {"alice": 200}),
    Page("producers:product_new", of_farm, others=403, expected=TIED | {"alice": 200}),
    Page("producers:product", of_product, others=403, expected=TIED | {"alice": 200}),
    Page("producers:product_archive", of_product, "post", others=403, expected=TIED | {"alice": 302}),
    Page("producers:product_photo", of_product, "post", others=403, expected=TIED | {"alice": 422}),
    Page("producers:price", of_product, others=403, expected=TIED | {"alice": 200}),
    Page(
        "producers:end_agreement",
        lambda w: of_farm(w) | {"pk": w.agreement.pk},
        "post",
        others=403,
        expected=TIED | {"alice": 302},
    ),
    Page("producers:lots", of_farm, others=403, expected=TIED | {"alice": 200}),
    Page("producers:lot_new", of_farm, others=403, expected=TIED | {"alice": 200}),
    Page("producers:lot_edit", lambda w: of_farm(w) | {"pk": w.lot.pk}, others=403, expected=TIED | {"alice": 200}),
    Page("producers:supply", lambda w: {"pk": w.supply.pk}, others=403, expected=TIED | {"alice": 200, "dana": 200}),
]
