"""A card, and every Home tab, turns overdue by itself when the date to resolve by, or of a follow-up, has passed."""

from tests.support.team import Team

PASSES = "UPDATE customer_decisions SET expected_resolution_date = timezone('UTC', now()) - interval '1 second'"


async def test_the_tick_draws_card_and_home_tab_anew_once_when_the_date_has_passed(team: Team) -> None:
    await team.to_options()
    lisa = team.house.person("lisa")
    await lisa.open_home()
    assert "overdue" not in await team.card()

    await team.change(PASSES)
    await team.tick()
    assert "overdue" in await team.card()
    assert "overdue" in str(await lisa.home())

    drawn = team.value("SELECT revision FROM customer_decisions")
    await team.tick()
    assert team.value("SELECT revision FROM customer_decisions") == drawn


async def test_another_date_that_passes_is_shown_as_well(team: Team) -> None:
    await team.to_options()
    await team.change(PASSES)
    await team.tick()
    await team.settled()
    drawn = team.value("SELECT revision FROM customer_decisions")

    await team.change(
        "UPDATE customer_decisions SET expected_resolution_date = timezone('UTC', now()) + interval '1 day'"
    )
    await team.tick()
    assert team.value("SELECT revision FROM customer_decisions") == drawn
    await team.change(PASSES)
    await team.tick()

    assert team.value("SELECT revision FROM customer_decisions") == drawn + 1


async def test_what_is_resolved_or_cancelled_is_never_drawn_as_overdue(team: Team) -> None:
    await team.to_resolved("sarah", "lisa", "tom")
    await team.settled()
    drawn = team.value("SELECT revision FROM customer_decisions")

    await team.change(PASSES)
    await team.tick()

    assert team.value("SELECT revision FROM customer_decisions") == drawn


async def test_a_card_offers_the_follow_up_from_its_date_on_once(team: Team) -> None:
    await team.to_resolved("sarah", "lisa", "tom")
    await team.change("UPDATE customer_decisions SET current_phase = 6")
    await team.change(
        "UPDATE decision_outcomes SET response_sent_at = created_at, recorded_at = now(), worked = true, "
        "follow_up_date = timezone('UTC', now()) + interval '1 day'"
    )
    await team.tick()
    assert "Amend outcome" not in await team.card()

    await team.change("UPDATE decision_outcomes SET follow_up_date = timezone('UTC', now()) - interval '1 second'")
    await team.tick()
    assert "Amend outcome" in await team.card()

    drawn = team.value("SELECT revision FROM customer_decisions")
    await team.tick()
    assert team.value("SELECT revision FROM customer_decisions") == drawn
