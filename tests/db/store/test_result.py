"""What a round hands out when it is published: each score and each confidence where it was given."""

from collections import Counter

from bot.store import result
from bot.store.db import Db, run_tx
from tests.support.vault import Vault


async def test_scores_and_confidences_come_out_under_their_option_and_criterion(vault: Vault, db: Db) -> None:
    r = vault.a_round(people=3, options=2, criteria=2)
    for member, sure in zip(r.members, (5, None, 2), strict=True):
        vault.fill(r, member, [(9, 2), (8, 1)], confidence=sure)
        vault.submit(r, member)

    ids = {"option_ids": r.options, "criterion_ids": r.criteria}
    found = await run_tx(db, lambda c: result.publish(c, r.id, **ids))

    cells = [(option, criterion) for option in r.options for criterion in r.criteria]
    assert all(sorted(ballot) == sorted(cells) for ballot in found.ballots)
    first, second = ({ballot[option, r.criteria[0]] for ballot in found.ballots} for option in r.options)
    assert (first, second) == ({9}, {2})
    given = Counter((cell, sure) for one in found.confidences for cell, sure in one.items())
    assert given == Counter((cell, sure) for cell in cells for sure in (5, 2))
