# The article's login, run on the VM as the identity, and a receipt of it as one line of JSON on standard output.
# Set before: CLIENT_ID DB_HOST DB_PORT DB_NAME DB_USER, and DB_CA (PEM) where the system's authorities do not do.
# Exit codes: 10 a tool is missing, 11 no token, 12 server not reachable, 13 TLS not verified, 14 login refused, 15 other.
set -eu
set +x
began=$(date +%s%N)

fail() {
  code=$1
  shift
  printf 'entra-postgres: %s\n' "$@" >&2
  exit "$code"
}

# A new VM is still installing its packages when it first answers.
if command -v cloud-init >/dev/null 2>&1; then
  cloud-init status --wait </dev/null >/dev/null 2>&1 || true
fi
for tool in curl jq psql; do
  command -v "$tool" >/dev/null 2>&1 ||
    fail 10 "$tool is not installed on this machine" "next: sudo apt-get install -y curl jq postgresql-client"
done

# The token goes from one program to the next and into the environment of psql; no argument list and no file holds it.
metadata="${AZURE_POD_IDENTITY_AUTHORITY_HOST:-http://169.254.169.254}/metadata/identity/oauth2/token"
resource=https%3A%2F%2Fossrdbms-aad.database.windows.net
answer=$(curl -sS --noproxy '*' --max-time 30 --retry 5 --retry-connrefused \
  "$metadata?api-version=2018-02-01&resource=$resource&client_id=$CLIENT_ID" -H Metadata:true) ||
  fail 11 "the metadata service of this machine does not answer" "next: run this on the VM that has the identity"
PGPASSWORD=$(printf '%s' "$answer" | jq -r '.access_token // empty' 2>/dev/null) || PGPASSWORD=
[ -n "$PGPASSWORD" ] ||
  fail 11 "the metadata service gave no token: $(printf '%s' "$answer" | jq -r '.error_description // .error // "unknown"' 2>/dev/null || echo unknown)" \
    "next: check that the identity with client id $CLIENT_ID is assigned to this VM"
expires=$(printf '%s' "$answer" | jq -r '.expires_on')
answer=
export PGPASSWORD

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
if [ -n "${DB_CA:-}" ]; then
  printf '%s\n' "$DB_CA" >"$scratch/ca.pem"
  export PGSSLROOTCERT="$scratch/ca.pem"
else
  export PGSSLROOTCERT=/etc/ssl/certs/ca-certificates.crt
fi
export PGSSLMODE=verify-full PGCONNECT_TIMEOUT=15 PGGSSENCMODE=disable
unset PGOPTIONS PGSERVICE PGSSLNEGOTIATION || true

login() {
  psql -X -q -A -t -v ON_ERROR_STOP=1 -h "$DB_HOST" -p "$DB_PORT" --user "$DB_USER" "$DB_NAME" "$@" </dev/null
}

if ! login -c '\conninfo' -c "SELECT json_build_object(
       'currentUser', current_user,
       'database', current_database(),
       'serverVersion', split_part(current_setting('server_version'), ' ', 1),
       'isAdmin', (SELECT r.rolsuper OR r.rolcreaterole OR r.rolcreatedb
                       OR EXISTS (SELECT 1 FROM pg_catalog.pg_roles a
                                   WHERE a.rolname = 'azure_pg_admin' AND pg_catalog.pg_has_role(a.oid, 'member'))
                     FROM pg_catalog.pg_roles r WHERE r.rolname = current_user))" \
  >"$scratch/out" 2>"$scratch/err"; then
  said=$(tail -n 3 "$scratch/err")
  case $said in
    *certificate* | *"does not support SSL"* | *"SSL error"* | *"root.crt"*)
      fail 13 "the server's TLS certificate cannot be verified for $DB_HOST" "$said" "next: set databaseCaCert to the authority that signed it" ;;
    *"no pg_hba.conf entry"*)
      fail 12 "the server's firewall does not let this VM in" "$said" "next: add a firewall rule for the VM's public address" ;;
    *"could not translate"* | *refused* | *timeout* | *"No route"* | *unreachable*)
      fail 12 "the server $DB_HOST:$DB_PORT cannot be reached" "$said" "next: check that it is started and that its firewall lets this VM in" ;;
    *FATAL*)
      fail 14 "the server refused the identity's token for role $DB_USER" "$said" "next: pulumi up --refresh, which binds the role to the identity anew" ;;
    *)
      fail 15 "the login did not work" "$said" "next: run psql on the VM by hand" ;;
  esac
fi

tls=$(grep -o 'TLSv[0-9.]*' "$scratch/out" | head -n 1)
[ -n "$tls" ] || fail 13 "the connection to $DB_HOST was not encrypted" "next: require TLS on the server"
claims=$(printf '%s' "$PGPASSWORD" | jq -R 'split(".")[1] | gsub("-"; "+") | gsub("_"; "/") | . + "===" [0:(4 - length % 4) % 4] | @base64d | fromjson | {oid, appid}')
grep '^{' "$scratch/out" | tail -n 1 | jq -c \
  --argjson claims "$claims" --arg tls "$tls" --argjson expires "$expires" \
  --argjson now "$(date +%s)" --argjson millis "$((($(date +%s%N) - began) / 1000000))" \
  '. + {objectId: $claims.oid, clientId: $claims.appid, tlsVersion: $tls, tokenSecondsLeft: ($expires - $now), secondsTaken: ($millis / 1000)}'
