"""The functions of journeys.sql as one piece: whoever changes that file puts it in place with a new revision."""

from pathlib import Path

from sqlalchemy import Connection

FUNCTIONS = (
    "snooze_member(uuid, uuid, jsonb, text)",
    "hand_in(uuid, jsonb)",
    "turn_pages(uuid, int, jsonb)",
    "questions_of(uuid)",
    "ballots_of_members(uuid, jsonb)",
    "decision_changed(uuid, boolean)",
)


def install(connection: Connection) -> None:
    remove(connection)
    script = (Path(__file__).parent / "journeys.sql").read_text(encoding="utf-8")
    # Without parameters the driver leaves the signs of PostgreSQL's own format() alone.
    connection.execution_options(no_parameters=True).exec_driver_sql(script)


def remove(connection: Connection) -> None:
    for function in FUNCTIONS:
        connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {function}")
