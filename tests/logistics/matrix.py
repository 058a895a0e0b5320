from logistics.disputes import raise_dispute
from logistics.models import CostShare
from tests.matrix import Page


def of_network(world):
    return {"network": world.network.slug}


def of_day(world):
    return {"pk": world.day.pk}


def of_period(world):
    return of_network(world) | {"period": world.day.on.isoformat()}


def of_round(world):
    return {"pk": world.round.pk}


def of_stop(world):
    return {"pk": world.round.pk, "position": world.stop.position}


def of_delivery(world):
    return {"pk": world.delivery.pk}


def of_dispute(world):
    alice, share = world.people["alice"], CostShare.objects.get()
    return {"pk": (share.disputes.first() or raise_dispute(share=share, text="Too much.", by=alice)).pk}


def of_harvest(world):
    return {"slug": world.farm.slug, "pk": world.purchase_order.pk}


def of_tour(world):
    return {"pk": world.tour.pk}


def of_proposal(world):
    return {"pk": world.proposal.pk}


def of_what_if(world):
    return of_network(world) | {"token": world.what_if.token}


SIGN_IN = {"anonymous": 302}
TIED = dict.fromkeys(["bob", "alice", "eli", "fien", "gust"], 403)
COORDINATOR = SIGN_IN | TIED | {"dana": 200}
COORDINATOR_ACTS = SIGN_IN | TIED | {"dana": 302}
OWN_FARM = COORDINATOR | {"alice": 200, "dana": 403}
DRIVER = COORDINATOR | {"gust": 200}
DRIVER_ACTS = COORDINATOR_ACTS | {"gust": 302}
VOLUNTEER = COORDINATOR | {"fien": 200}
MEMBER = COORDINATOR | {"alice": 200}
FARMER = SIGN_IN | {"alice": 200}
MEMBERS = SIGN_IN | dict.fromkeys(["bob", "alice", "eli", "dana"], 200) | {"fien": 403, "gust": 403}
MEMBERS_ACT = MEMBERS | dict.fromkeys(["bob", "alice", "eli", "dana"], 302)

PAGES = [
    Page("logistics:week", of_network, expected=COORDINATOR),
    Page("logistics:cycle", lambda w: of_network(w) | {"week_on": w.cycle.week_on.isoformat()}, expected=COORDINATOR),
    Page("logistics:day", of_day, expected=COORDINATOR),
    Page("logistics:network_register", of_network, expected=COORDINATOR),
    Page("logistics:farm_register", lambda w: {"slug": w.farm.slug}, expected=OWN_FARM),
    Page("logistics:packing_lists", of_day, expected=COORDINATOR),
    Page("logistics:packing_list", of_delivery, expected=VOLUNTEER),
    Page("logistics:papers", of_day, expected=COORDINATOR),
    Page("logistics:make_papers", of_day, method="post", expected=COORDINATOR_ACTS),
    Page("logistics:round_papers", of_round, expected=DRIVER),
    Page("logistics:paper", lambda w: {"pk": w.paper.pk}, expected=DRIVER),
    Page("logistics:paper", lambda w: {"pk": w.day_paper.pk}, expected=COORDINATOR),
    Page("logistics:crate", lambda w: {"code": w.crate.code}, expected=SIGN_IN | {"dana": 302, "gust": 302}),
    Page(
        "logistics:collect", lambda w: {"code": w.order.code}, expected=SIGN_IN | {"dana": 302, "fien": 302, "bob": 302}
    ),
    Page("logistics:close", of_day, method="post", expected=COORDINATOR_ACTS),
    Page("logistics:postpone", of_day, method="post", expected=COORDINATOR | {"dana": 422}),
    Page("logistics:plan", of_day, method="post", expected=COORDINATOR_ACTS),
    Page("logistics:edit", of_day, method="post", expected=COORDINATOR_ACTS | {"dana": 422}),
    Page("logistics:drivers", of_day, method="post", expected=COORDINATOR_ACTS | {"dana": 422}),
    Page("logistics:publish", of_day, method="post", expected=COORDINATOR_ACTS | {"dana": 422}),
    Page("logistics:versions", of_day, expected=COORDINATOR),
    Page("logistics:cancel_plan", of_day, method="post", expected=COORDINATOR_ACTS),
    Page("logistics:drive", of_day, method="post", expected=COORDINATOR_ACTS),
    Page("logistics:settle", of_day, method="post", expected=COORDINATOR_ACTS),
    Page("logistics:correct", of_day, expected=COORDINATOR),
    Page("logistics:share_again", of_day, method="post", expected=COORDINATOR_ACTS),
    Page("logistics:check_bills", of_day, expected=COORDINATOR | {"alice": 200}),
    Page("logistics:check_bills", of_day, method="post", expected=COORDINATOR | {"alice": 200}),
    Page("logistics:answer_dispute", of_dispute, method="post", expected=COORDINATOR_ACTS | {"dana": 422}),
    Page("logistics:by_hand", of_day, method="post", expected=COORDINATOR_ACTS),
    Page("logistics:my_rounds", others=200, expected=SIGN_IN),
    Page("logistics:round", of_round, expected=DRIVER),
    Page("logistics:run_sheet", of_round, expected=DRIVER),
    Page("logistics:driver", of_round, method="post", expected=COORDINATOR | {"dana": 422}),
    Page("logistics:seen", of_round, method="post", expected=COORDINATOR_ACTS | {"gust": 302, "dana": 403}),
    Page("logistics:finish", of_round, method="post", expected=DRIVER_ACTS),
    Page("logistics:driven", of_round, expected=DRIVER),
    Page("logistics:driven", of_round, "post", lambda w: {"km": "9"}, expected=DRIVER | {"dana": 422, "gust": 422}),
    Page("logistics:day_driven", of_day, expected=COORDINATOR),
    Page("logistics:temperatures", of_period, expected=COORDINATOR),
    Page("logistics:temperatures_csv", of_period, expected=COORDINATOR),
    Page("logistics:temperatures_pdf", of_period, expected=COORDINATOR),
    Page("logistics:region", of_network, others=200),
    Page("logistics:tipping_point", of_network, expected=MEMBER),
    Page("logistics:tipping_point", of_network, method="post", expected=COORDINATOR | {"dana": 422}),
    Page("logistics:fund", of_network, expected=MEMBER),
    Page("logistics:fund", of_network, method="post", expected=COORDINATOR | {"dana": 422}),
    Page("logistics:refund", of_network, expected=COORDINATOR),
    Page("logistics:refund", of_network, method="post", expected=COORDINATOR | {"dana": 422}),
    Page("logistics:my_refunds", others=200, expected=SIGN_IN),
    Page("logistics:what_if", of_network, others=200),
    Page("logistics:what_if", of_network, "post", others=422),
    Page("logistics:what_if_kept", of_what_if, others=200),
    Page("logistics:what_if_forget", of_what_if, "post", others=200),
    Page("logistics:what_if_day", of_day, expected=COORDINATOR),
    Page("logistics:what_if_day", of_day, "post", lambda w: {"kind": "van"}, expected=COORDINATOR | {"dana": 422}),
    Page("logistics:scenario", lambda w: of_day(w) | {"scenario": w.scenario.pk}, expected=COORDINATOR),
    Page("logistics:outside", lambda w: {"slug": w.farm.slug}, expected=OWN_FARM),
    Page("logistics:stop", of_stop, expected=DRIVER),
    Page("logistics:check", of_stop, method="post", expected=DRIVER_ACTS),
    Page("logistics:note", of_stop, method="post", expected=DRIVER_ACTS),
    Page("logistics:round_actions", of_round, expected=DRIVER | {"anonymous": 401}),
    Page("logistics:delivery_actions", of_delivery, expected=VOLUNTEER | {"anonymous": 401}),
    Page("logistics:note_at_point", of_delivery, method="post", expected=COORDINATOR_ACTS | {"fien": 302}),
    Page("logistics:bear", lambda w: {"pk": 0}, method="post", expected=SIGN_IN),
    Page("logistics:proof", lambda w: {"pk": 0}, expected=SIGN_IN),
    Page("logistics:resolve", lambda w: {"pk": 0}, method="post", expected=SIGN_IN),
    Page("logistics:worker", others=200),
    Page("logistics:manifest", others=200),
    Page("logistics:missing", lambda w: {"pk": w.purchase_order.pk}, expected=DRIVER),
    Page("logistics:harvests", lambda w: {"slug": w.farm.slug}, expected=OWN_FARM),
    Page("logistics:picking", of_harvest, expected=OWN_FARM),
    Page(
        "logistics:picking_seen",
        of_harvest,
        "post",
        lambda w: {"version": "1"},
        expected=OWN_FARM | {"alice": 302},
    ),
    Page("logistics:weigh", of_harvest, expected=OWN_FARM),
    Page(
        "logistics:less",
        lambda w: of_harvest(w) | {"line": w.purchase_order.lines.first().pk},
        expected=OWN_FARM | {"alice": 302},
    ),
    Page("logistics:picking_pdf", of_harvest, expected=OWN_FARM),
    Page("logistics:farm_labels", of_harvest, expected=OWN_FARM),
    Page("logistics:farm_note", of_harvest, expected=OWN_FARM),
    Page("logistics:pickup", of_delivery, expected=VOLUNTEER),
    Page("logistics:hand_over", of_delivery, method="post", expected=SIGN_IN | TIED | {"dana": 404, "fien": 404}),
    Page("logistics:settlement", of_day, expected=COORDINATOR),
    Page("logistics:money", lambda w: {"slug": w.farm.slug}, expected=FARMER),
    Page("logistics:money_weeks", lambda w: {"slug": w.farm.slug}, expected=FARMER),
    Page("logistics:money_products", lambda w: {"slug": w.farm.slug}, expected=FARMER),
    Page("logistics:money_csv", lambda w: {"slug": w.farm.slug, "year": w.day.on.year}, expected=FARMER),
    Page("logistics:money_day", lambda w: {"slug": w.farm.slug} | of_day(w), expected=FARMER),
    Page(
        "logistics:dispute",
        lambda w: {"slug": w.farm.slug} | of_day(w),
        "post",
        lambda w: {"text": "Too dear"},
        expected=SIGN_IN | {"alice": 302},
    ),
    Page("logistics:statement_day", lambda w: {"slug": w.farm.slug} | of_day(w), expected=FARMER),
    Page(
        "logistics:statement",
        lambda w: {"slug": w.farm.slug, "network": w.network.slug, "period": f"{w.day.on:%Y-%m}"},
        expected=FARMER,
    ),
    Page("logistics:networks", lambda w: {"slug": w.farm.slug}, expected=OWN_FARM),
    Page("logistics:belonging", lambda w: {"slug": w.farm.slug} | of_network(w), expected=OWN_FARM),
    Page(
        "logistics:belonging",
        lambda w: {"slug": w.farm.slug} | of_network(w),
        "post",
        lambda w: {"act": "leave"},
        expected=OWN_FARM | {"alice": 302},
    ),
    Page("logistics:membership_requests", of_network, expected=COORDINATOR),
    Page("logistics:membership_requests", of_network, method="post", expected=COORDINATOR | {"dana": 404}),
    Page("logistics:vehicles", of_network, expected=COORDINATOR),
    Page("logistics:vehicle_new", of_network, expected=COORDINATOR),
    Page("logistics:vehicle", lambda w: {"pk": w.vehicle.pk}, expected=COORDINATOR),
    Page("logistics:vehicle_archive", lambda w: {"pk": w.vehicle.pk}, method="post", expected=COORDINATOR_ACTS),
    Page("logistics:own_vehicle_new", lambda w: {"slug": w.farm.slug}, expected=OWN_FARM),
    Page("logistics:transport", lambda w: {"slug": w.farm.slug}, expected=OWN_FARM),
    Page(
        "logistics:transport_week",
        lambda w: {"slug": w.farm.slug, "week_on": w.cycle.week_on.isoformat()},
        expected=OWN_FARM,
    ),
    Page("logistics:choices", lambda w: of_network(w) | {"week_on": w.cycle.week_on.isoformat()}, expected=COORDINATOR),
    Page("logistics:tours", of_network, expected=COORDINATOR),
    Page("logistics:tour_new", of_round, expected=COORDINATOR),
    Page("logistics:tour", of_tour, expected=COORDINATOR),
    Page("logistics:tour_stops", of_tour, method="post", expected=COORDINATOR | {"dana": 422}),
    Page("logistics:tour_keep", of_tour, method="post", expected=COORDINATOR_ACTS),
    Page("logistics:tour_delete", of_tour, method="post", expected=COORDINATOR_ACTS),
    Page("logistics:together", of_network, expected=MEMBERS),
    Page("logistics:trace_frontier", of_network, method="post", expected=MEMBERS_ACT),
    Page("logistics:proposal_new", of_network, expected=MEMBERS),
    Page("logistics:proposal", of_proposal, expected=MEMBERS),
    Page("logistics:proposal_vote", of_proposal, method="post", expected=MEMBERS_ACT),
    Page("logistics:proposal_remark", of_proposal, "post", lambda w: {"text": "Yes"}, expected=MEMBERS_ACT),
    Page("logistics:proposal_withdraw", of_proposal, method="post", expected=MEMBERS_ACT),
    Page("logistics:proposal_effects", of_proposal, method="post", expected=MEMBERS_ACT),
]
