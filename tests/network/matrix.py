from network.households import link_of
from network.notices import SIGNER
from tests.matrix import Page


def of_network(world):
    return {"network": world.network.slug}


def of_household(world):
    return {"pk": world.household.pk}


SIGN_IN = {"anonymous": 302}
COORDINATOR = SIGN_IN | dict.fromkeys(["bob", "alice", "eli", "fien", "gust"], 403) | {"dana": 200}

PAGES = [
    Page("network:home", others=200),
    Page("network:front", of_network, others=200),
    Page("network:styleguide", others=200),
    Page("network:health", others=503),
    Page("network:mails", others=200),
    Page("network:mail", lambda w: {"name": "nothing"}, others=404),
    Page("network:me", others=200, expected=SIGN_IN),
    Page("network:profile", others=200, expected=SIGN_IN),
    Page("network:mail_choices", others=200, expected=SIGN_IN),
    Page("network:unsubscribe", lambda w: {"link": SIGNER.sign(f"{w.people['bob'].pk}.order_closed")}, others=200),
    Page("network:organisation", of_household, expected=SIGN_IN | {"bob": 200}),
    Page("network:address", of_household, expected=SIGN_IN | {"bob": 200}),
    Page("network:depart", of_household, method="post", expected=SIGN_IN | {"bob": 302}),
    Page(
        "network:member",
        lambda w: of_household(w) | {"person": w.people["bob"].pk},
        method="post",
        expected=SIGN_IN | {"bob": 302},
    ),
    Page(
        "network:invitation",
        lambda w: {"link": link_of(w.invitation)},
        others=403,
        expected=SIGN_IN | {"charlie": 200},
    ),
    Page(
        "network:withdraw_invitation",
        lambda w: {"pk": w.invitation.pk},
        method="post",
        expected=SIGN_IN | {"bob": 302},
    ),
    Page("network:data", others=200, expected=SIGN_IN),
    Page("network:export", lambda w: {"pk": w.export.pk}, expected=SIGN_IN | {"bob": 200}),
    Page("network:leave", others=200, expected=SIGN_IN),
    Page("network:language", method="post", data=lambda w: {"language": "fr"}, others=302),
    Page("network:books", of_network, expected=COORDINATOR),
    Page("network:accounts", lambda w: of_network(w) | {"kind": "producer"}, expected=COORDINATOR),
    Page("network:account", lambda w: of_network(w) | {"pk": w.account.pk}, expected=COORDINATOR),
    Page("network:transaction", lambda w: of_network(w) | {"pk": w.transaction.pk}, expected=COORDINATOR),
    Page("network:journal", of_network, expected=COORDINATOR),
]
