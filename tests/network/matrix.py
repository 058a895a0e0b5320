from tests.matrix import Page


def of_network(world):
    return {"network": world.network.slug}


PAGES = [
    Page("network:home", others=200),
    Page("network:front", of_network, others=200),
    Page("network:styleguide", others=200),
    Page("network:health", others=503),
    Page("network:mails", others=200),
    Page("network:mail", lambda w: {"name": "nothing"}, others=404),
    Page("network:me", others=200, expected={"anonymous": 302}),
    Page("network:language", method="post", data=lambda w: {"language": "fr"}, others=302),
]
