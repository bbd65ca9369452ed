"""A database that fails in the middle of a step and quotes it: nobody is told, nothing is written down."""

import io
import logging
from collections.abc import Iterator

import pytest
import structlog

from bot import log
from bot.delivery import worker
from handlers import refusal
from tests.support.scoring import unfold_comments
from tests.support.team import Team

QUOTED = "zqquoted"
FAIL = """
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF NEW.{when} THEN
        RAISE '{word} {{"scores": 9}}' USING ERRCODE = '23514', DETAIL = '{word} Failing row contains (9, 3)',
            HINT = '{word}', TABLE = '{word}', CONSTRAINT = '{word}';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER fail BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION fail();
"""


@pytest.fixture
def logged(team: Team, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the loggers of the process write at the most talkative level that can be configured, our own ones too."""
    written = io.StringIO()
    log.configure("DEBUG")
    for module in (refusal, worker):
        monkeypatch.setattr(module, "log", structlog.wrap_logger(structlog.PrintLogger(written)))
    handler = logging.StreamHandler(written)
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)
    log.configure("INFO")


async def test_a_submit_that_fails_halfway_keeps_the_ballot_to_itself(team: Team, logged: io.StringIO) -> None:
    await team.to_scoring()
    await team.save_pages("lisa", 9, 3)
    await team.change(FAIL.format(when="submitted", table="round_members", word=QUOTED))
    await team.window("lisa", "evaluation.open")
    await unfold_comments(team, "lisa")
    answer = await team.submit("lisa", {"Comment on Full refund": "zqcomment"})
    assert "Something went wrong on our side; nothing was lost." in str(answer.error)

    assert "unexpected error" in logged.getvalue()
    for told in (str(answer), logged.getvalue(), await team.house.person("sarah").screen()):
        assert QUOTED not in told
        assert "zqcomment" not in told
    assert team.value("SELECT count(*) FROM evaluations") == 0

    await team.change("DROP TRIGGER fail ON round_members")
    assert (await team.house.person("lisa").submit()).ok
    assert team.value("SELECT count(*) FROM evaluations") == 4


async def test_a_publication_that_fails_halfway_names_no_row_in_its_delivery(team: Team, logged: io.StringIO) -> None:
    """The delivery is tried again; what `conclave outbox list` shows of it is the name of the error."""
    await team.to_scoring("sarah", "mike", "lisa")
    await team.change(FAIL.format(when="ballots > 0", table="round_results", word=QUOTED))
    for name in ("sarah", "mike", "lisa"):
        await team.ballot(name, 9, 3, comment="zqcomment")
    await team.until("SELECT attempts > 0 AND last_error IS NOT NULL FROM outbox WHERE kind = 'result.publish'", True)

    assert team.value("SELECT last_error FROM outbox WHERE kind = 'result.publish'") == "IntegrityError"
    assert "IntegrityError" in logged.getvalue()
    for told in (logged.getvalue(), str(team.sql("SELECT * FROM outbox")), str(team.sql("TABLE audit_logs"))):
        assert QUOTED not in told
        assert "zqcomment" not in told

    await team.change("DROP TRIGGER fail ON round_results")
    await team.change("UPDATE outbox SET run_at = now() WHERE kind = 'result.publish'")
    await team.published()
    assert team.value("SELECT round_order(id) FROM rounds") == "sealed"
