"""An order to add people, as it is kept in the outbox."""

import json
from uuid import UUID

import pytest

from bot.domain.team import Keeper
from bot.services.newcomer import Order


@pytest.mark.parametrize("member_id", [UUID(int=2), None], ids=["a member", "a workspace admin"])
def test_what_is_kept_of_an_order_is_all_of_it(member_id: UUID | None) -> None:
    keeper = Keeper(UUID(int=1), member_id, "T1", "U1", member_id is None)
    order = Order(keeper, "support_manager", ("U2", "U3"), channel_id="C1", skipped=("U4",))

    assert Order.from_payload(json.loads(json.dumps(order.payload()))) == order
