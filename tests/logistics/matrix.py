from tests.matrix import Page


def of_network(world):
    return {"network": world.network.slug}


def of_day(world):
    return {"pk": world.day.pk}


def of_round(world):
    return {"pk": world.round.pk}


def of_stop(world):
    return {"pk": world.round.pk, "position": world.stop.position}


def of_delivery(world):
    return {"pk": world.delivery.pk}


SIGN_IN = {"anonymous": 302}
TIED = dict.fromkeys(["bob", "alice", "eli", "fien", "gust"], 403)
COORDINATOR = SIGN_IN | TIED | {"dana": 200}
COORDINATOR_ACTS = SIGN_IN | TIED | {"dana": 302}
DRIVER = COORDINATOR | {"gust": 200}
DRIVER_ACTS = COORDINATOR_ACTS | {"gust": 302}
VOLUNTEER = COORDINATOR | {"fien": 200}
FARMER = SIGN_IN | {"alice": 200}

PAGES = [
    Page("logistics:week", of_network, expected=COORDINATOR),
    Page("logistics:cycle", lambda w: of_network(w) | {"week_on": w.cycle.week_on.isoformat()}, expected=COORDINATOR),
    Page("logistics:day", of_day, expected=COORDINATOR),
    Page("logistics:packing_lists", of_day, expected=COORDINATOR),
    Page("logistics:packing_list", of_delivery, expected=VOLUNTEER),
    Page("logistics:papers", of_day, expected=COORDINATOR),
    Page("logistics:make_papers", of_day, method="post", expected=COORDINATOR_ACTS),
    Page("logistics:round_papers", of_round, expected=DRIVER),
    Page("logistics:paper", lambda w: {"pk": w.paper.pk}, expected=DRIVER),
    Page("logistics:paper", lambda w: {"pk": w.day_paper.pk}, expected=COORDINATOR),
    Page("logistics:crate", lambda w: {"code": w.crate.code}, expected=SIGN_IN | {"dana": 302, "gust": 302}),
    Page("logistics:close", of_day, method="post", expected=COORDINATOR_ACTS),
    Page("logistics:postpone", of_day, method="post", expected=COORDINATOR | {"dana": 422}),
    Page("logistics:plan", of_day, method="post", expected=COORDINATOR_ACTS),
    Page("logistics:drive", of_day, method="post", expected=COORDINATOR_ACTS),
    Page("logistics:settle", of_day, method="post", expected=COORDINATOR_ACTS),
    Page("logistics:by_hand", of_day, method="post", expected=COORDINATOR_ACTS),
    Page("logistics:my_rounds", others=200, expected=SIGN_IN),
    Page("logistics:round", of_round, expected=DRIVER),
    Page("logistics:run_sheet", of_round, expected=DRIVER),
    Page("logistics:driver", of_round, method="post", expected=COORDINATOR | {"dana": 422}),
    Page("logistics:finish", of_round, method="post", expected=DRIVER_ACTS),
    Page("logistics:stop", of_stop, expected=DRIVER),
    Page("logistics:check", of_stop, method="post", expected=DRIVER_ACTS),
    Page("logistics:missing", lambda w: {"pk": w.purchase_order.pk}, expected=DRIVER),
    Page("logistics:pickup", of_delivery, expected=VOLUNTEER),
    Page("logistics:hand_over", of_delivery, method="post", expected=SIGN_IN | TIED | {"dana": 404, "fien": 404}),
    Page("logistics:settlement", of_day, expected=COORDINATOR),
    Page("logistics:money", lambda w: {"slug": w.farm.slug}, expected=FARMER),
    Page("logistics:money_day", lambda w: {"slug": w.farm.slug} | of_day(w), expected=FARMER),
]
