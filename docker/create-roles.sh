#!/bin/sh
# Makes the roles with their passwords, and the database of the vault, when PostgreSQL's volume is made. `winnow migrate`
# finds them.
set -eu
secrets=${SECRETS_DIR:-/run/secrets}
for role in api pipeline provider vault; do
    psql -v ON_ERROR_STOP=1 -q --username "${POSTGRES_USER:-postgres}" --dbname "${POSTGRES_DB:-winnow}" \
        -v role="winnow_$role" -v password="$(cat "$secrets/${role}_password")" <<'SQL'
create role :"role" login password :'password';
SQL
done
psql -v ON_ERROR_STOP=1 -q --username "${POSTGRES_USER:-postgres}" --dbname "${POSTGRES_DB:-winnow}" \
    -c "create database winnow_vault"
