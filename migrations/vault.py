"""The vault's functions as one piece: whoever changes migrations/vault.sql puts it in place with a new revision."""

from pathlib import Path

from sqlalchemy import Connection

HERE = Path(__file__).parent

FUNCTIONS = (
    "round_order(uuid)",
    "void_round(uuid, uuid, text)",
    "published_comments(uuid)",
    "publish_round(uuid)",
    "seal_round(rounds, int)",
    "override_round(uuid, uuid, text)",
    "extend_round(uuid, timestamptz)",
    "has_quorum(uuid)",
    "close_round(uuid, uuid)",
    "my_ballot(uuid, uuid)",
    "submit_ballot(uuid, uuid)",
    "save_page(uuid, uuid, uuid, jsonb)",
    "ballot_refusal(rounds, uuid)",
    "is_comments_page(rounds, jsonb)",
    "is_score_page(rounds, jsonb)",
    "round_quorum(int)",
)
"""Those of the first vault, in an order in which they can be dropped."""
LATER_FUNCTIONS = (
    "open_second_round(uuid, uuid, timestamptz)",
    "round_rows(rounds)",
    "set_roster(uuid, uuid[])",
    "excuse_member(uuid, uuid)",
)
FUNCTIONS_OF_VERIFIED = (
    "verify_round(uuid)",
    "names_in(jsonb, text[], text[])",
    "camp_sizes(int[])",
    "is_agreement(int[], text, int)",
    "exact_total(bigint[], bigint[], numeric[])",
    "as_printed(numeric, numeric, int)",
    "opened_page(jsonb)",
    "kept_page(rounds, jsonb)",
)
FUNCTIONS_OF_ONE_PAGE = ("submit_pages(uuid, uuid, jsonb)",)
FUNCTIONS_OF_KEEPING = ("forget_admins(uuid)", "forget_words(uuid)", "reword_comments(uuid, text[], text[])")
FUNCTIONS_OF_JOURNEYS = (
    "submit_early(uuid, jsonb)",
    "save_pages(uuid, jsonb)",
    "keep_pages(rounds, uuid, jsonb)",
    "is_page(rounds, uuid, jsonb)",
)
FUNCTIONS_OF_TOGETHER = (
    "take_ballots(rounds, jsonb)",
    "keep_ballots(rounds, jsonb)",
    "kept_page(jsonb, jsonb)",
    "blank_scores(rounds)",
)


def install(connection: Connection) -> None:
    """Replace whatever vault there is by that of vault.sql."""
    _drop(connection)
    _run(connection, "vault.sql")


def share(connection: Connection) -> None:
    """Hand the vault to its role and let the service's group call it, where the login may: see roles.sql."""
    _run(connection, "roles.sql")


def remove(connection: Connection) -> None:
    """Take everything back and drop the functions."""
    _run(connection, "roles_taken_back.sql")
    _drop(connection)


def _drop(connection: Connection) -> None:
    newest = (*FUNCTIONS_OF_TOGETHER, *FUNCTIONS_OF_KEEPING, *FUNCTIONS_OF_JOURNEYS, *FUNCTIONS_OF_ONE_PAGE)
    for function in (*newest, *FUNCTIONS_OF_VERIFIED, *LATER_FUNCTIONS, *FUNCTIONS):
        connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {function}")


def _run(connection: Connection, name: str) -> None:
    script = (HERE / name).read_text(encoding="utf-8")
    # Without parameters the driver leaves the signs of PostgreSQL's own format() alone.
    connection.execution_options(no_parameters=True).exec_driver_sql(script)
