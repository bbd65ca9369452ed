"""Owns the sample team of the given schema: loaded once into the demo's database, before the bot starts. Blocks."""

from importlib import resources

import psycopg

from bot.store.connection import conninfo

_TEAM = "550e8400-e29b-41d4-a716-446655440000"


def load(url: str, *, workspace_id: str, domain: str) -> bool:
    """Insert the given sample rows and bind their team to a workspace. False: they are there already."""
    with psycopg.connect(conninfo(url)) as connection:
        if connection.execute("SELECT FROM teams WHERE id = %s", [_TEAM]).rowcount:
            return False
        connection.execute(resources.files("bot.demo").joinpath("sample.sql").read_bytes())
        connection.execute(
            "INSERT INTO team_workspaces(workspace_id, team_id, domain) VALUES (%s, %s, %s)",
            [workspace_id, _TEAM, domain],
        )
        return True
