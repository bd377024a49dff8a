#!/bin/sh
# Makes the roles with their passwords, when PostgreSQL's volume is made. `winnow migrate` finds them.
set -eu
secrets=${SECRETS_DIR:-/run/secrets}
for role in api pipeline provider; do
    psql -v ON_ERROR_STOP=1 -q --username "${POSTGRES_USER:-postgres}" --dbname "${POSTGRES_DB:-winnow}" \
        -v role="winnow_$role" -v password="$(cat "$secrets/${role}_password")" <<'SQL'
create role :"role" login password :'password';
SQL
done
