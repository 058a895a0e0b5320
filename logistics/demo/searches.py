"""What households of the demo network looked for in a week and nobody sells, through the shop's own count."""

import random
from datetime import date, datetime

from network import clock
from network.models import Network
from producers import words

ASKED = {"schorseneren": 3, "venkel": 3, "look": 2, "koolrabi": 2, "havermout": 1, "geitenyoghurt": 1, "lamsvlees": 1}
"""By words, about how often in a week."""


def look_for(network: Network, week_on: date, at: datetime, seed: int) -> None:
    dice = random.Random(f"{seed} {network.slug} {week_on} looked for")
    with clock.at(at):
        for text, often in ASKED.items():
            for _time in range(dice.randint(0, 2 * often)):
                words.note_unmet(network=network, text=text)
