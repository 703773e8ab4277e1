#!/bin/sh
# Makes the database and its three roles, once, as the server's administrator:
#   post_owner        owns the tables; only upgrades sign in with it
#   post_application  may add facts and read them; nobody signs in with it
#   post_server       the servers' and the worker's login, a member of post_application
# The passwords come from POST_OWNER_PASSWORD and POST_SERVER_PASSWORD.
set -eu
psql --set ON_ERROR_STOP=1 --set owner="$POST_OWNER_PASSWORD" --set server="$POST_SERVER_PASSWORD" \
  --username "${POSTGRES_USER:-postgres}" --dbname postgres <<'SQL'
CREATE ROLE post_owner LOGIN PASSWORD :'owner';
CREATE ROLE post_application NOLOGIN;
CREATE ROLE post_server LOGIN PASSWORD :'server' IN ROLE post_application;
GRANT pg_read_all_data TO post_application;
CREATE DATABASE post OWNER post_owner ENCODING 'UTF8' TEMPLATE template0;
REVOKE CONNECT ON DATABASE post FROM PUBLIC;
GRANT CONNECT ON DATABASE post TO post_application;
SQL
