#!/bin/sh
# Run once by the PostgreSQL image, on an empty data directory: the login that migrates owns the database, the service's
# reaches ballots through the vault's functions only (docs/secrecy.md, "Two logins").
set -eu
psql --username=postgres --dbname=postgres --set=ON_ERROR_STOP=1 \
    --set=owner_password="$OWNER_PASSWORD" --set=service_password="$SERVICE_PASSWORD" <<'SQL'
CREATE ROLE conclave_owner LOGIN CREATEROLE PASSWORD :'owner_password';
CREATE ROLE conclave_service LOGIN PASSWORD :'service_password';
CREATE DATABASE conclave OWNER conclave_owner ENCODING 'UTF8' TEMPLATE template0;
SQL
