"""Many take money out of a fund at once, and no more leaves it than was in it: real threads, real commits."""

from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from logistics import fund
from network.errors import Refused
from network.models import Network, Transaction
from tests.races.threads import MANY, all_at_once

D = Decimal
pytestmark = pytest.mark.django_db(transaction=True)


def move(network: Network, amount: int, token: UUID) -> Transaction:
    return fund.deposit(network=network, amount=D(amount), source="gift", token=token, by=None)


def test_no_more_goes_out_than_is_in(network: Network) -> None:
    move(network, 100, uuid4())
    answers = all_at_once(lambda number: move(network, -30, uuid4()))
    assert sum(isinstance(answer, Transaction) for answer in answers) == 3
    assert sum(isinstance(answer, Refused) for answer in answers) == MANY - 3
    assert fund.balance(network) == 10


def test_a_form_sent_twenty_times_at_once_is_booked_once(network: Network) -> None:
    token = uuid4()
    answers = all_at_once(lambda number: move(network, 50, token))
    assert {answer.pk for answer in answers} == {Transaction.objects.get().pk}
    assert fund.balance(network) == 50
