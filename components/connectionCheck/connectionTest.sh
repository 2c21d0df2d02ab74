# Logs in from the VM as its identity, by the steps of machineLogin.sh, and prints a receipt as one line of JSON on standard output.
# Variables: CLIENT_ID TOKEN_RESOURCE DB_HOST DB_PORT DB_NAME DB_USER, and DB_CA (PEM) where the system's authorities do not suffice. The tested rights:
# ATTEMPTS, a list of {what, expected, question, deniedBy} in JSON, ATTEMPT_SCRIPT for psql, FOREIGN_DATABASES, one a line.
# Azure keeps the last 4096 bytes of each stream of a run command, so the receipt has one letter for each tested right, and a failure names the
# first rights only.
# Exit codes: 10 a tool is missing, 11 no token, 12 server not reachable, 13 TLS not verified, 14 login refused, 15 other,
# 16 a right is missing or in excess. Each comes with a code of docs/errors.md.
set -eu
set +x
began=$(date +%s%N)

fail() {
  code=$1
  name=$2
  shift 2
  printf 'entra-postgres: %s\n' "$@" "code: $name" >&2
  exit "$code"
}

# A new VM accepts commands while cloud-init still installs packages.
if command -v cloud-init >/dev/null 2>&1; then
  cloud-init status --wait </dev/null >/dev/null 2>&1 || true
fi
missing=$(missing_tool curl jq psql)
[ -z "$missing" ] ||
  fail 10 EP-CHECK-03 "$missing is not installed on this machine" "next: sudo apt-get install -y curl jq postgresql-client"

answer=$(ask_metadata "$TOKEN_RESOURCE" "$CLIENT_ID" --max-time 30 --retry 5 --retry-connrefused) ||
  fail 11 EP-CHECK-04 "the metadata service of this machine does not answer" "next: run this on the VM that has the identity"
PGPASSWORD=$(printf '%s' "$answer" | jq -r '.access_token // empty' 2>/dev/null) || PGPASSWORD=
[ -n "$PGPASSWORD" ] ||
  fail 11 EP-CHECK-04 "the metadata service gave no token: $(printf '%s' "$answer" | jq -r '.error_description // .error // "unknown"' 2>/dev/null || echo unknown)" \
    "next: check that the identity with client id $CLIENT_ID is assigned to this VM"
expires=$(printf '%s' "$answer" | jq -r '.expires_on')
answer=
export PGPASSWORD

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
if [ -n "${DB_CA:-}" ]; then
  printf '%s\n' "$DB_CA" >"$scratch/ca.pem"
  set_libpq "$scratch/ca.pem"
else
  set_libpq /etc/ssl/certs/ca-certificates.crt
fi
login() {
  psql -X -q -A -t -v ON_ERROR_STOP=1 -h "$DB_HOST" -p "$DB_PORT" --user "$DB_USER" "$DB_NAME" "$@" </dev/null
}

if ! login -c '\conninfo' -c "SELECT json_build_object(
       'sessionUser', session_user,
       'currentUser', current_user,
       'database', current_database(),
       'serverVersion', split_part(current_setting('server_version'), ' ', 1),
       'isAdmin', (SELECT r.rolsuper OR r.rolcreaterole OR r.rolcreatedb
                       OR EXISTS (SELECT 1 FROM pg_catalog.pg_roles a
                                   WHERE a.rolname = 'azure_pg_admin' AND pg_catalog.pg_has_role(session_user, a.oid, 'member'))
                     FROM pg_catalog.pg_roles r WHERE r.rolname = session_user))" \
  >"$scratch/out" 2>"$scratch/err"; then
  said=$(tail -n 3 "$scratch/err")
  case $(login_problem "$said") in
    certificate | plain)
      fail 13 EP-CHECK-06 "the server's TLS certificate cannot be verified for $DB_HOST" "$said" "next: set databaseCaCert to the authority that signed it" ;;
    firewall)
      fail 12 EP-CHECK-05 "the server's firewall does not allow this VM" "$said" "next: add a firewall rule for the VM's public address" ;;
    name | closed | silent | network)
      fail 12 EP-CHECK-05 "the server $DB_HOST:$DB_PORT cannot be reached" "$said" "next: check that it is started and that its firewall allows this VM" ;;
    password | other)
      fail 15 EP-CHECK-08 "the login did not work" "$said" "next: run psql on the VM yourself" ;;
    *)
      fail 14 EP-CHECK-07 "the server refused the identity's token for role $DB_USER" "$said" "next: pulumi up --refresh, which binds the role to the identity again" ;;
  esac
fi

tls=$(grep -o 'TLSv[0-9.]*' "$scratch/out" | head -n 1)
[ -n "$tls" ] || fail 13 EP-CHECK-06 "the connection to $DB_HOST was not encrypted" "next: require TLS on the server"

# Each right is tried as the identity and rolled back, or read from the catalogs. Only SQLSTATE 42501, another one in `deniedBy`, and a catalog
# without the right count as denied. The row of a question is a line of JSON before the attempt's own line.
printf '%s\n' "${ATTEMPT_SCRIPT:-}" >"$scratch/attempts.sql"
psql -X -q -A -t -h "$DB_HOST" -p "$DB_PORT" --user "$DB_USER" "$DB_NAME" -f "$scratch/attempts.sql" \
  >"$scratch/seen" 2>"$scratch/err" </dev/null || fail 15 EP-CHECK-08 "testing the role's rights stopped" "$(tail -n 3 "$scratch/err")" "next: run psql on the VM yourself"
printf '%s\n' "${FOREIGN_DATABASES:-}" | grep . >"$scratch/foreign" || true
: >"$scratch/entered"
while IFS= read -r foreign; do
  if psql -X -q -A -t -h "$DB_HOST" -p "$DB_PORT" --user "$DB_USER" "$foreign" -c 'SELECT 1' >/dev/null 2>"$scratch/err" </dev/null; then
    outcome=allowed
  elif grep -q 'permission denied for database' "$scratch/err"; then
    outcome=denied
  else
    outcome="failed with $(tail -n 1 "$scratch/err")"
  fi
  printf '%s' "$foreign" | jq -R -s -c --arg outcome "$outcome" '{what: "connect to database \(.)", expected: "denied", outcome: $outcome}' >>"$scratch/entered"
done <"$scratch/foreign"
printf '%s' "${ATTEMPTS:-[]}" | jq -c --rawfile seen "$scratch/seen" --slurpfile entered "$scratch/entered" '
  # Replaces control and invisible characters in the names of tables.
  def legible: explode | map(if . < 32 or (. > 126 and . < 160) or (. > 8202 and . < 8304) or . == 65279 then 63 else . end) | implode;
  (reduce ($seen | split("\n"))[] as $line ({}; if $line | startswith("{") then .answer = ($line | fromjson)
    elif $line | startswith("attempt ") then ($line | split(" ")) as [$_, $at, $code]
      | .of[$at].codes += [$code] | .of[$at].answer = .answer | .answer = null
    else . end) | .of // {}) as $found
  | (to_entries | map(.value + {outcome: (.value as $tried | $found[.key | tostring] as $came | ($came.answer) as $answer
      | ($came.codes // ["none"] | unique) as $codes
      | ($tried.deniedBy // ["42501"]) as $refusals
      | if ($codes - ["00000"] - $refusals) != [] or ($tried.question and $answer == null) then "failed with SQLSTATE \($codes | join(", "))"
        elif $tried.question | not then (if $codes - $refusals == [] then "denied" else "allowed" end)
        elif $answer.asked == 0 then "failed: there is no such schema"
        elif $answer.count == 0 then $tried.expected
        else (if $tried.expected == "denied" then "allowed" else "denied" end) + ": " + ($answer.first | map(legible) | join("; "))
          + (if $answer.count > ($answer.first | length) then "; \($answer.count - ($answer.first | length)) more" else "" end) end)}))
    + $entered' \
  >"$scratch/outcomes"
wrong=$(jq -r 'map(select(.outcome != .expected) | "  \(.what): expected \(.expected), found \(.outcome[:400])")
  | reduce .[] as $line ({bytes: 0, shown: [], more: 0}; .bytes += ($line | utf8bytelength + 1)
    | if .bytes > 3000 and .shown != [] then .more += 1 else .shown += [$line] end)
  | .shown[], (if .more > 0 then "  and \(.more) more" else empty end)' "$scratch/outcomes")
[ -z "$wrong" ] ||
  fail 16 EP-CHECK-01 "the rights of role $DB_USER in database $DB_NAME are not what its profile says" "$wrong" "next: pulumi up --refresh, which restores the profile's rights and names the rights of others"
outcomes=$(jq -r 'map(.outcome[:1]) | add // ""' "$scratch/outcomes")
claims=$(printf '%s' "$PGPASSWORD" | token_claims)
grep '^{' "$scratch/out" | tail -n 1 | jq -c \
  --arg outcomes "$outcomes" --argjson claims "$claims" --arg tls "$tls" --argjson expires "$expires" \
  --argjson now "$(date +%s)" --argjson millis "$((($(date +%s%N) - began) / 1000000))" \
  '. + {$outcomes, objectId: $claims.oid, clientId: $claims.appid, tlsVersion: $tls, tokenSecondsLeft: ($expires - $now), secondsTaken: ($millis / 1000)}'
