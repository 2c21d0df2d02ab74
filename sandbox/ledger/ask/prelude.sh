# `imds NAME=VALUE ...` asks the metadata service and prints the status before the answer; `identity SQL ...` asks the database as the
# virtual machine's identity. A token passes through pipes and psql's environment only.
set -u
set +x
METADATA="${AZURE_POD_IDENTITY_AUTHORITY_HOST:-http://169.254.169.254}/metadata/identity/oauth2/token"

ask_imds() {
  header=$1
  shift
  for pair in "$@"; do set -- "$@" --data-urlencode "$pair"; shift; done
  curl -sS -G --noproxy '*' --max-time 30 -H "$header" -w '\n%{http_code}' "$METADATA" "$@" 2>&1
}

# Of an answer with a token only the names of its fields.
imds() {
  ask_imds "${HEADER:-Metadata: true}" "$@" | jq -rsR 'rtrimstr("\n") | split("\n") | "\(.[-1]) " +
    ((.[:-1] | join("\n") | fromjson? // {}) | if .access_token then keys_unsorted | sort | join(",") else "\(.error): \(.error_description)" end)'
}

identity() {
  PGPASSWORD=$(ask_imds "Metadata: true" api-version=2018-02-01 "resource=$RESOURCE" "object_id=$OBJECT_ID" | sed '$d' |
    jq -r '.access_token // empty')
  export PGPASSWORD PGSSLMODE=verify-full PGCONNECT_TIMEOUT=15 PGGSSENCMODE=disable PGCLIENTENCODING=UTF8
  unset PGOPTIONS PGSERVICE PGSSLNEGOTIATION
  scratch=$(mktemp -d)
  PGSSLROOTCERT=/etc/ssl/certs/ca-certificates.crt
  if [ -n "$CA_CERT" ]; then printf '%s\n' "$CA_CERT" >"$scratch/ca.pem"; PGSSLROOTCERT="$scratch/ca.pem"; fi
  export PGSSLROOTCERT
  for statement in "$@"; do set -- "$@" -c "$statement"; shift; done
  psql -X -q -A -t -v VERBOSITY=verbose -h "$HOST_NAME" -p "$PORT" --user "$ROLE" "$DATABASE" "$@" 2>&1 </dev/null |
    grep -v '^LOCATION:'
  rm -rf "$scratch"
}
