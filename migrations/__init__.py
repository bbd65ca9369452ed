"""The database's history: Alembic revisions, the given schema as SQL, and the vault's functions."""
