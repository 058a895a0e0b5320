"""What an outsider waits for: the estimate, as a page; and how far the exact figure, computed afterwards, lies from it."""

import time

from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from logistics import estimating, lived, outsiders
from logistics.demo import build, weeks
from logistics.estimating import Wish
from network import postcodes
from network.models import DeliveryDay, Network
from tests.benchmarks.measure import say, spread

VILLAGES = (("9920", "Lovendegem"), ("9300", "Aalst"), ("9940", "Evergem"))
CRATES = {"ambient": 4, "cool": 8}


def test_what_if_on_the_demo_network(transactional_db: None) -> None:
    build.build(2026)
    network = Network.objects.select_related("hub").get(slug="gent")
    for week_on in weeks.past_weeks()[-2:]:
        weeks.live(network, week_on, 2026)
    url, client, waited = reverse("logistics:what_if", args=["gent"]), Client(), []
    for postcode, municipality in VILLAGES * 3:
        cache.clear()
        asked = {"postcode": postcode, "municipality": municipality, "anywhere": "yes"} | CRATES
        started = time.perf_counter()
        answer = client.post(url, asked)
        waited.append(time.perf_counter() - started)
        assert answer.status_code == 200
    say("An outsider's estimate, as a page", spread(waited))
    days, rates = lived.days(network), outsiders.van_of(network)
    for postcode, municipality in VILLAGES:
        wish = Wish(postcodes.find(postcode, municipality).point, CRATES)
        for day in {one.on.weekday(): one for one in reversed(days)}.values():
            guessed = estimating.priced_on(day, wish, rates)
            found = DeliveryDay.objects.get(cycle__network=network, on=day.on)
            started = time.perf_counter()
            exact = outsiders.exact_on(found, wish)
            assert guessed and exact
            say(
                f"From {municipality} on {day.on}",
                f"estimate {guessed.together:.2f}, gain {guessed.gain:.2f}",
                f"exact {exact['together'] / 100:.2f}, gain {exact['gain'] / 100:.2f}",
                f"in {time.perf_counter() - started:.1f} s",
            )
