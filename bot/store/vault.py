"""How well the vault is closed, for `conclave doctor`: ways around its functions, copies and leftovers of ballots, and
which logins read them. Also lets the service's login into its group. The roles are made in migrations/roles.sql."""

from dataclasses import dataclass

import psycopg
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.connection import conninfo, parameters

SERVICE = "conclave_bot"
"""The group of the service's logins."""

# Why each is a way: a login that may update `rounds` or a roster could close a round, publish it, read the ballots that
# are handed out, and roll everything back. One that may make roles could, before PostgreSQL 16, join any role. The
# server's files and a replica hold all rows.
_WAYS_AROUND = text(
    """
    SELECT way FROM (VALUES
        (1, (SELECT rolsuper FROM pg_roles WHERE rolname = current_user), 'is a superuser'),
        (2, to_regrole('conclave_vault') IS NULL OR NOT EXISTS (
            SELECT FROM pg_class WHERE oid = 'evaluations'::regclass AND relowner = to_regrole('conclave_vault')),
            'shares its tables with the ballots: the role conclave_vault does not own them'),
        (3, to_regrole('conclave_vault') IS NOT NULL
            AND pg_has_role(current_user, to_regrole('conclave_vault'), 'MEMBER'), 'is a member of conclave_vault'),
        (4, has_any_column_privilege('evaluations', 'SELECT') OR has_any_column_privilege('ballot_pages', 'SELECT')
            OR has_any_column_privilege('sealed_cells', 'SELECT'), 'may read the tables of ballots'),
        (5, has_any_column_privilege('rounds', 'UPDATE') OR has_any_column_privilege('round_members', 'INSERT, UPDATE')
            OR has_table_privilege('round_members', 'DELETE'), 'may change rounds past the functions'),
        (6, current_setting('server_version_num')::int < 160000
            AND (SELECT rolcreaterole FROM pg_roles WHERE rolname = current_user), 'may make roles'),
        (7, (SELECT rolreplication FROM pg_roles WHERE rolname = current_user), 'may replicate the database'),
        (8, pg_has_role(current_user, 'pg_read_server_files', 'MEMBER')
            OR pg_has_role(current_user, 'pg_write_server_files', 'MEMBER')
            OR pg_has_role(current_user, 'pg_execute_server_program', 'MEMBER'), 'may use the files of the server'),
        (9, has_schema_privilege('public', 'CREATE'), 'may put functions beside those of the vault')
    ) AS ways (place, is_open, way) WHERE is_open ORDER BY place
    """
)


async def ways_around(c: AsyncConnection) -> list[str]:
    """How this login could get at ballots past the functions, each as the rest of "it ..."; empty: it could not."""
    return list((await c.execute(_WAYS_AROUND)).scalars())


# What copies rows of ballots to places that the vault's functions do not protect, each with the statement that ends it.
# A trigger or rule sees every row that is written; a publication or a logical slot sends it elsewhere.
_COPIES = text(
    """
    WITH ballots AS (
        SELECT oid, relname, quote_ident(relname) AS name FROM pg_class
        WHERE oid IN ('evaluations'::regclass, 'ballot_pages'::regclass, 'sealed_cells'::regclass)
    )
    SELECT format('the publication %s publishes all tables (DROP PUBLICATION %1$s, and make it anew with a list)',
        quote_ident(pubname)) AS copy
    FROM pg_publication WHERE puballtables
    UNION ALL
    SELECT format('the publication %s publishes %s (DROP PUBLICATION %1$s, and make it anew without)',
        quote_ident(p.pubname), string_agg(b.name, ', ' ORDER BY b.name))
    FROM pg_publication_tables t JOIN pg_publication p USING (pubname) JOIN ballots b ON b.relname = t.tablename
    WHERE t.schemaname = 'public' AND NOT p.puballtables GROUP BY p.pubname
    UNION ALL
    SELECT format('the trigger %s sees every row of %s (DROP TRIGGER %1$s ON %2$s)', quote_ident(t.tgname), b.name)
    FROM pg_trigger t JOIN ballots b ON b.oid = t.tgrelid WHERE NOT t.tgisinternal
    UNION ALL
    SELECT format('the rule %s sees every row of %s (DROP RULE %1$s ON %2$s)', quote_ident(w.rulename), b.name)
    FROM pg_rewrite w JOIN ballots b ON b.oid = w.ev_class
    UNION ALL
    SELECT format('the logical replication slot %s gets every change (SELECT pg_drop_replication_slot(%L))', slot_name,
        slot_name)
    FROM pg_replication_slots WHERE slot_type = 'logical' AND database = current_database()
    ORDER BY 1
    """
)
# Logins that may read the tables of ballots. Without this one (see ways_around), superusers, and the owner of the other
# tables: that login migrates, and has to be a member of conclave_vault for it.
_READERS = text(
    """
    WITH logins AS (
        SELECT r.oid, quote_ident(r.rolname) AS name FROM pg_roles r
        WHERE r.rolcanlogin AND NOT r.rolsuper AND r.rolname <> current_user
            AND r.oid <> (SELECT relowner FROM pg_class WHERE oid = 'rounds'::regclass)
    )
    SELECT CASE
        WHEN to_regrole('conclave_vault') IS NOT NULL AND pg_has_role(l.oid, to_regrole('conclave_vault'), 'MEMBER')
            THEN format('%s is a member of conclave_vault (REVOKE conclave_vault FROM %1$s)', l.name)
        WHEN pg_has_role(l.oid, 'pg_read_all_data', 'MEMBER')
            THEN format('%s has pg_read_all_data (REVOKE pg_read_all_data FROM %1$s, or guard it and its dumps)',
                l.name)
        ELSE format('%s may read them (REVOKE ALL ON evaluations, ballot_pages, sealed_cells FROM %1$s)', l.name)
    END AS reader
    FROM logins l
    WHERE (to_regrole('conclave_vault') IS NOT NULL AND pg_has_role(l.oid, to_regrole('conclave_vault'), 'MEMBER'))
        OR pg_has_role(l.oid, 'pg_read_all_data', 'MEMBER')
        OR has_any_column_privilege(l.oid, 'evaluations', 'SELECT')
        OR has_any_column_privilege(l.oid, 'ballot_pages', 'SELECT')
        OR has_any_column_privilege(l.oid, 'sealed_cells', 'SELECT')
    ORDER BY 1
    """
)


async def copies(c: AsyncConnection) -> list[str]:
    """What copies rows of ballots elsewhere, each with the statement that ends it in parentheses."""
    return list((await c.execute(_COPIES)).scalars())


async def readers(c: AsyncConnection) -> list[str]:
    """Other logins than this one and the owner's that read ballots, each with what ends it in parentheses."""
    return list((await c.execute(_READERS)).scalars())


_LEFT_BEHIND = text(
    """
    SELECT current_setting('autovacuum')::bool AND current_setting('track_counts')::bool AS is_removed,
        coalesce(sum(n_dead_tup), 0)::bigint AS waiting
    FROM pg_stat_all_tables WHERE relid IN ('evaluations'::regclass, 'ballot_pages'::regclass)
    """
)


@dataclass(frozen=True)
class LeftBehind:
    """Old versions of rows that publication replaced or deleted: on disk until a vacuum removes them."""

    is_removed: bool
    """Whether the server removes them by itself (autovacuum)."""
    waiting: int
    """About how many have not been removed yet."""


async def left_behind(c: AsyncConnection) -> LeftBehind:
    row = (await c.execute(_LEFT_BEHIND)).one()
    return LeftBehind(row.is_removed, row.waiting)


def admit(owner_url: str, service_url: str, *, is_new: bool = False) -> bool:
    """Let the service's login into its group. Blocks; safe to repeat.

    is_new: make the login, without a password, where there is none. Returns False where nothing was done: both URLs
    have the same login, there is no group (one login owns everything), or `owner_url`'s login may not let anybody in.
    """
    owner, service = (parameters(url).get("user") for url in (owner_url, service_url))
    if service is None or service == owner:
        return False
    group, login = sql.Identifier(SERVICE), sql.Identifier(service)
    with psycopg.connect(conninfo(owner_url), autocommit=True) as connection:
        if is_new and not _has_role(connection, service):
            connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(login))
        if not (_has_role(connection, SERVICE) and _has_role(connection, service)):
            return False
        try:
            connection.execute(sql.SQL("GRANT {} TO {}").format(group, login))
        except psycopg.errors.InsufficientPrivilege:
            return False
    return True


def _has_role(connection: psycopg.Connection[tuple[object, ...]], name: str) -> bool:
    return connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [name]).rowcount > 0
