#!/bin/sh
# The article's commands, made careful: a token from the metadata service for each psql, kept in a variable until it nears its end.
#   connect.sh            connects and shows the server's version
#   connect.sh psql ...   opens psql with these arguments
#   connect.sh serve      queries until standard input ends, or without one until SIGTERM
# AZURE_CLIENT_ID is needed where the VM has more than one identity, POSTGRES_TOKEN_RESOURCE outside the public cloud. Needs curl, jq and psql, and the variables of the stack output
# `connections.<app>.environment`.
set -eu

RESOURCE=${POSTGRES_TOKEN_RESOURCE:-https://ossrdbms-aad.database.windows.net}
METADATA="${AZURE_POD_IDENTITY_AUTHORITY_HOST:-http://169.254.169.254}/metadata/identity/oauth2/token"
PATIENCE=30
TOKEN=
GOOD_UNTIL=0
said=

say() {
  printf '%s\n' "$@" >&2
}

require_settings() {
  missing=
  for name in PGHOST PGPORT PGDATABASE PGUSER PGSSLROOTCERT; do
    eval "value=\${$name:-}"
    [ -n "$value" ] || missing="$missing${missing:+, }$name"
  done
  [ -z "$missing" ] && return
  say "Not set: $missing." "next: eval \"\$(pulumi stack output connections --json | jq -r .<app>.environment)\""
  exit 1
}

# Sets TOKEN to one that is still good: within a minute of its end, or the last tenth of a shorter life, another one is asked for.
fresh_token() {
  now=$(date +%s)
  [ "$now" -ge "$GOOD_UNTIL" ] || return 0
  answer=$(curl -sS --noproxy '*' --max-time 30 -H Metadata:true \
    --get --data-urlencode "resource=$RESOURCE" "$METADATA?api-version=2018-02-01${AZURE_CLIENT_ID:+&client_id=$AZURE_CLIENT_ID}") || {
    said="the metadata service does not answer"
    return 1
  }
  TOKEN=$(printf '%s' "$answer" | jq -r '.access_token // empty')
  [ -n "$TOKEN" ] || {
    said="the metadata service gave no token: $(printf '%s' "$answer" | jq -r '.error_description // .error // "unknown"')"
    return 1
  }
  GOOD_UNTIL=$(printf '%s' "$answer" | jq -r --argjson now "$now" \
    '(.expires_on | tonumber) as $expiry | $expiry - ([2, ([60, ($expiry - $now) / 10] | min)] | max) | floor')
}

# The token is in psql's environment only; it is on no command line and in no file.
login() {
  fresh_token || return 1
  said=$(PGPASSWORD=$TOKEN PGSSLMODE=verify-full PGCONNECT_TIMEOUT=15 psql -X -q -A -t "$@" 2>&1 </dev/null) || return 1
}

explain() {
  case $said in
    *"access token has expired"*) next="a token was kept too long: fetch one for each new connection" ;;
    *"oid mismatch"* | *"oid "*"does not match"*) next="the identity was made anew, as with a rebuilt VM: pulumi up --refresh" ;;
    *AAD_AUTH_TOKENTYPE_APP_USER*) next="the role is bound as another type of principal than this identity: pulumi up --refresh" ;;
    *"valid audience claim"*) next="the token is for another service: POSTGRES_TOKEN_RESOURCE is the resource of the server's cloud" ;;
    *"no pg_hba.conf entry"*) next="the server's firewall: add this machine's address to allowedAddresses" ;;
    *certificate*) next="PGSSLROOTCERT does not hold the authority that signed the server's certificate" ;;
    *"database "*"does not exist"*) next="PGDATABASE is none of the server's databases" ;;
    *"role "*"does not exist"* | *"password authentication failed"* | *"validating the access token"*)
      next="PGUSER is the role, so the identity's name, letter by letter" ;;
    *"too many clients"* | *"too many connections"* | *"connection slots"*)
      next="POOL_SIZE times the clients is more than the server's max_connections" ;;
    *"permission denied"*) next="the application's profile does not have this right: pulumi config get --path apps" ;;
    *"Identity not found"*) next="AZURE_CLIENT_ID is no identity of this VM" ;;
    *"metadata service"*) next="run this on the VM that has the identity" ;;
    *"translate host name"*) next="PGHOST is no name that is known here: compare it with the stack's output" ;;
    *"timeout expired"*) next="silence is how a firewall refuses: add this machine's address to allowedAddresses" ;;
    *"Connection refused"*) next="the machine answers and the port is closed: start the server, or correct PGPORT" ;;
    *) next="look at the server's state" ;;
  esac
  say "$said" "next: $next"
}

# Whether trying again can help: the server restarts, the connection broke, or the identity was just replaced.
may_pass() {
  case $said in
    *"starting up"* | *"shutting down"* | *terminat* | *refused* | *"closed the connection"* | *reset*) return 0 ;;
    *"oid mismatch"* | *"oid "*"does not match"* | *"validating the access token"*) return 0 ;;
    *) return 1 ;;
  esac
}

# Whether the role is not yet this identity's: it is not made, not bound to it, or has no rights.
awaits_role() {
  case $said in
    *"password authentication failed"* | *"role "*"does not exist"* | *"permission denied for database"*) return 0 ;;
    *"oid mismatch"* | *"oid "*"does not match"*) return 0 ;;
    *) return 1 ;;
  esac
}

connect() {
  echo "Getting access token from Azure AD..."
  fresh_token || { explain; exit 1; }
  echo "Opening connection using access token..."
  login -c 'SELECT version()' || { explain; exit 1; }
  printf 'Connected!\nPostgres version: %s\n' "$said"
}

# One query, again when the connection broke. Only what can be done twice may be tried twice.
patiently() {
  queries=$((queries + 1))
  began=$(date +%s)
  again=0
  until login -c 'SELECT current_user'; do
    if ! may_pass || [ $(($(date +%s) - began)) -gt "$PATIENCE" ]; then
      failed=$((failed + 1))
      explain
      return
    fi
    again=1
    sleep 0.2
  done
  retried=$((retried + again))
  connections=$((connections + 1))
}

# Waits until the role can log in: a VM's service is there before its role is.
first_login() {
  began=$(date +%s)
  pause=1
  told=
  until [ "$ending" = 1 ] || login -c 'SELECT current_user'; do
    if awaits_role; then
      [ -n "$told" ] || say "waiting for role $PGUSER: $said"
      told=1
    elif ! may_pass || [ $(($(date +%s) - began)) -gt "$PATIENCE" ]; then
      explain
      exit 1
    fi
    sleep "$pause" || true
    pause=$((pause < 4 ? pause * 2 : 5))
  done
}

serve() {
  queries=0 retried=0 failed=0 connections=0
  # Under systemd there is none that could end. In the background sh takes standard input away; the copy tells when it ends.
  if [ "$(readlink /proc/$$/fd/0)" != /dev/null ]; then
    exec 3<&0
    (cat <&3 >/dev/null; kill -TERM $$ 2>/dev/null) &
  fi
  ending=0
  trap 'ending=1' TERM
  first_login
  [ "$ending" = 1 ] || echo serving
  while [ "$ending" = 0 ]; do
    patiently
    sleep 0.05 || true
  done
  printf '{"queries": %d, "retried": %d, "failed": %d, "connections": %d}\n' "$queries" "$retried" "$failed" "$connections"
  [ "$failed" = 0 ]
}

require_settings
case ${1:-} in
  '') connect ;;
  serve) serve ;;
  psql)
    shift
    fresh_token || { explain; exit 1; }
    export PGPASSWORD="$TOKEN" PGSSLMODE=verify-full
    exec psql "$@"
    ;;
  *) say "usage: connect.sh [serve | psql ...]"; exit 2 ;;
esac
