from tests.matrix import Page


def of_network(world):
    return {"network": world.network.slug}


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
    Page("network:language", method="post", data=lambda w: {"language": "fr"}, others=302),
    Page("network:books", of_network, expected=COORDINATOR),
    Page("network:accounts", lambda w: of_network(w) | {"kind": "producer"}, expected=COORDINATOR),
    Page("network:account", lambda w: of_network(w) | {"pk": w.account.pk}, expected=COORDINATOR),
    Page("network:transaction", lambda w: of_network(w) | {"pk": w.transaction.pk}, expected=COORDINATOR),
    Page("network:journal", of_network, expected=COORDINATOR),
]
