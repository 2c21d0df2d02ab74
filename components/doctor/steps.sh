usage() {
  cat <<'HELP'
usage: sh doctor.sh --host HOST --role ROLE [options]

Goes the way of a login with a managed identity, and stops at the first step that is wrong.

  --host HOST        name of the server, such as mydb.postgres.database.azure.com
  --role ROLE        role to log in as: the name of the identity
  --database NAME    database to open (default: postgres)
  --port PORT        port of the server (default: 5432)
  --client-id ID     client id of the identity (default: the system-assigned one)
  --cloud CLOUD      public, usgov or china (default: public)
  --ca-file FILE     authorities to trust (default: those of the system)
  --tenant ID        tenant of which the token has to be
  --schema NAME      schema in which rights are looked at
  --profile NAME     what the role may do in the schema: reader, writer, migrator or owner
  --token-stdin      read the token from standard input, as from `az account get-access-token --resource-type oss-rdbms
                     --query accessToken --output tsv`, and ask no metadata service
  --network-only     look at DNS, TCP and TLS only, as from a laptop without a login
  --json             print the result as JSON
  --help             print this text

Variables of the environment such as PGHOST are ignored. The token is not printed.

Exit codes: 0 nothing is wrong, 2 an option is invalid, 10 a tool is missing, 11 no token or a wrong one, 12 the server is not
reachable, 13 TLS is not verified, 14 the login is refused, 15 another reason, 16 a right is missing or in excess.
HELP
}

# What is shown of another program's words: one line, no control characters, nothing that looks like a token, at most 400 bytes.
legible() {
  tr '\n\t' '  ' | tr -d '\000-\037\177' | sed 's/eyJ[A-Za-z0-9_.-]*/<token>/g; s/  */ /g; s/^ //; s/ $//' | cut -c 1-400
}

quoted() {
  printf '"%s"' "$(printf '%s' "$1" | legible | sed 's/\\/\\\\/g; s/"/\\"/g')"
}

# Ends a step. $1: ok, failed, skipped or not reached, $2: what was seen
finish() {
  seen=$(printf '%s' "$2" | legible)
  if [ "$json" = yes ]; then
    steps_json="$steps_json${steps_json:+,}{\"step\":\"$step\",\"status\":\"$1\",\"seen\":$(quoted "$seen")}"
  else
    printf '  %-12s %-9s %s\n' "$1" "$step" "$seen"
  fi
  left=${left#* }
}

begin() {
  step=$1
  # Overwritten by the step's own line.
  if [ "$json" = no ] && [ -t 1 ]; then printf '  %-12s %-9s\r' "checking" "$step"; fi
}

# Ends the step and the doctor. $1: exit code, $2: code, $3: what was found, $4: what to do, where it is more than the table says
fail() {
  failed=$step
  found=$(printf '%s' "$3" | legible)
  explain "$2"
  next=${4:-$next}
  finish failed "$found"
  for step in $left; do finish "not reached" ""; done
  if [ "$json" = yes ]; then
    printf '{"ok":false,"exitCode":%d,"step":"%s","code":"%s","title":%s,"found":%s,"next":%s,"steps":[%s]}\n' \
      "$1" "$failed" "$2" "$(quoted "$title")" "$(quoted "$found")" "$(quoted "$next")" "$steps_json"
  else
    printf '%s.\n  found: %s\n  next:  %s\n  code:  %s\n' "$title" "$found" "$next" "$2"
  fi
  exit "$1"
}

# Nothing was checked. $1: what is wrong with the options
refuse() {
  explain EP-DOCTOR-01
  if [ "$json" = yes ]; then
    printf '{"ok":false,"exitCode":2,"step":"options","code":"EP-DOCTOR-01","title":%s,"found":%s,"next":%s,"steps":[]}\n' \
      "$(quoted "$title")" "$(quoted "$1")" "$(quoted "$next")"
  else
    printf '%s.\n  found: %s\n  next:  %s\n  code:  EP-DOCTOR-01\n' "$title" "$(printf '%s' "$1" | legible)" "$next"
  fi
  exit 2
}

read_options() {
  host='' role='' database=postgres port=5432 client_id='' ca_file='' tenant='' schema='' profile=''
  token_source=metadata network_only=no
  resource=$PUBLIC_RESOURCE authority=$PUBLIC_AUTHORITY
  for option in "$@"; do [ "$option" != --json ] || json=yes; done
  while [ $# -gt 0 ]; do
    case $1 in
      --json) shift && continue ;;
      --help | -h) usage && exit 0 ;;
      --token-stdin) token_source=stdin && shift && continue ;;
      --network-only) network_only=yes && shift && continue ;;
      --host | --role | --database | --port | --client-id | --cloud | --ca-file | --tenant | --schema | --profile) ;;
      *) refuse "unknown option $1" ;;
    esac
    [ -n "${2:-}" ] || refuse "$1 needs a value"
    case $1 in
      --host) host=$2 ;;
      --role) role=$2 ;;
      --database) database=$2 ;;
      --port) port=$2 ;;
      --client-id) client_id=$2 ;;
      --cloud) choose_cloud "$2" || refuse "--cloud $2 is not public, usgov or china" ;;
      --ca-file) ca_file=$2 ;;
      --tenant) tenant=$2 ;;
      --schema) schema=$2 ;;
      --profile) profile=$2 ;;
    esac
    shift 2
  done
  case $host in
    '') refuse "--host is missing" ;;
    # A comma or slash would give libpq several hosts, or a socket.
    *[!A-Za-z0-9.:-]* | -*) refuse "--host $host is not a host name" ;;
  esac
  case $port in *[!0-9]* | ??????*) refuse "--port $port is not a port" ;; esac
  case $client_id$tenant in *[!A-Fa-f0-9-]*) refuse "--client-id and --tenant are ids such as 00000000-0000-0000-0000-000000000000" ;; esac
  case $profile in
    '') ;;
    reader | writer | migrator | owner) [ -n "$schema" ] || refuse "--profile needs --schema" ;;
    *) refuse "--profile $profile is not reader, writer, migrator or owner" ;;
  esac
  [ -n "$role" ] || [ "$network_only" = yes ] || refuse "--role is missing"
  [ -z "$ca_file" ] || [ -r "$ca_file" ] || refuse "--ca-file $ca_file cannot be read"
}

check_tools() {
  begin tools
  missing=$(missing_tool curl jq psql)
  [ -z "$missing" ] || fail 10 EP-CHECK-03 "$missing is not installed on this machine"
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  trap 'exit 130' INT TERM HUP
  finish ok "$(psql --version)"
}

# Sets TOKEN.
get_token() {
  begin metadata
  if [ "$token_source" = stdin ]; then
    finish skipped "the token comes from standard input"
    begin token
    TOKEN=$(tr -d '\r\n')
    [ -n "$TOKEN" ] || fail 11 EP-AZ-01 "standard input has no token"
    return
  fi
  answer=$(ask_metadata "$resource" "$client_id" --max-time 10 --retry 2 -D "$scratch/headers" -w '\n%{http_code}' 2>"$scratch/err") ||
    fail 11 EP-CHECK-04 "no response from the metadata service: $(cat "$scratch/err")" \
      "run this on the VM that has the identity; elsewhere use --token-stdin or --network-only"
  status=${answer##*
}
  answer=${answer%
*}
  finish ok "answers with HTTP $status"
  begin token
  TOKEN=$(printf '%s' "$answer" | jq -r '.access_token // empty' 2>/dev/null) || TOKEN=
  [ -z "$TOKEN" ] || return 0
  said=$(printf '%s' "$answer" | jq -r '.error_description // .error // empty' 2>/dev/null) || said=
  case $status:$said in
    *"Identity not found"*) fail 11 EP-VM-07 "$said (client id ${client_id:-not given})" ;;
    *"Multiple user assigned identities"*) fail 11 EP-DOCTOR-02 "$said" ;;
    429:* | 410:* | 5??:*) fail 11 EP-AZ-05 "HTTP $status $said" ;;
    200:*) fail 11 EP-AZ-06 "HTTP 200 without an access token" ;;
    *) fail 11 EP-CHECK-04 "HTTP $status ${said:-without a reason}" ;;
  esac
}

check_token() {
  claims=$(printf '%s' "$TOKEN" | token_claims) && [ -n "$claims" ] || fail 11 EP-AZ-06 "not a JSON web token"
  claim() { printf '%s' "$claims" | jq -r --arg name "$1" '.[$name] // "" | tostring'; }
  audience=$(claim aud) expiry=$(claim exp) object_id=$(claim oid) app_id=$(claim appid) token_tenant=$(claim tid)
  [ -n "$object_id" ] && [ -n "$expiry" ] || fail 11 EP-AZ-06 "a token without the claims oid and exp"
  now=$(date +%s)
  served=$(sed -n 's/^[Dd]ate: *//p' "$scratch/headers" 2>/dev/null | tr -d '\r' | tail -n 1)
  if [ -n "$served" ]; then
    # jq reads the date the same way everywhere; `date -d` does not.
    ahead=$(jq -n --arg at "$served" --argjson now "$now" '$now - ($at | strptime("%a, %d %b %Y %H:%M:%S GMT") | mktime)' 2>/dev/null) || ahead=0
    if [ "$ahead" -gt 300 ] || [ "$ahead" -lt -300 ]; then
      fail 11 EP-DOCTOR-05 "the clock is $ahead seconds ahead of the metadata service's $served"
    fi
  fi
  [ "${audience%/}" = "$resource" ] || fail 11 EP-DOCTOR-07 "audience $audience, not $resource"
  [ "${expiry%.*}" -gt "$now" ] || fail 11 EP-DOCTOR-04 "it expired $((now - ${expiry%.*})) seconds ago by this machine's clock"
  [ -z "$tenant" ] || [ "$(printf '%s' "$tenant" | tr A-F a-f)" = "$token_tenant" ] || fail 11 EP-DOCTOR-06 "tenant $token_tenant, not $tenant"
  finish ok "object id $object_id, client id ${app_id:-none}, tenant $token_tenant, valid for $((${expiry%.*} - now)) s"
}

# Where Debian and Ubuntu, Red Hat, Alpine and macOS keep the authorities that the system trusts.
system_authorities() {
  for file in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
    [ ! -r "$file" ] || break
  done
  printf '%s' "$file"
}

# One attempt without a password shows DNS, TCP and TLS; the token goes to a verified server only.
check_network() {
  begin dns
  set_libpq "${ca_file:-$(system_authorities)}"
  # libpq and the system say it in the user's language otherwise.
  export LC_ALL=C PGPASSFILE="$scratch/none"
  unset PGPASSWORD
  psql -X -w -h "$host" -p "$port" --user "${role:-doctor}" "$database" -c '' >/dev/null 2>"$scratch/err" </dev/null || true
  said=$(cat "$scratch/err")
  problem=$(login_problem "$said")
  case $problem in
    name)
      curl -s --noproxy '*' --connect-timeout 5 --max-time 5 -o "$scratch/none" "${AZURE_AUTHORITY_HOST:-$authority}" </dev/null && found_other=0 || found_other=$?
      [ "$found_other" != 6 ] || fail 12 EP-DOCTOR-03 "neither $host nor ${AZURE_AUTHORITY_HOST:-$authority} resolves"
      fail 12 EP-PG-07 "$said" ;;
  esac
  finish ok "$host$(printf '%s' "$said" | sed -n 's/.*connection to server at "[^"]*" (\([^)]*\)).*/ is \1/p' | head -n 1)"
  begin tcp
  case $problem in
    network) fail 12 EP-DOCTOR-03 "$said" ;;
    closed) fail 12 EP-PG-08 "$said" ;;
    silent) fail 12 EP-PG-09 "$said" ;;
    other) fail 12 EP-PG-10 "$said" ;;
  esac
  finish ok "port $port accepts connections"
  begin tls
  case $problem in
    plain) fail 13 EP-PG-02 "$said" ;;
    certificate) fail 13 EP-PG-01 "$said" ;;
  esac
  finish ok "the certificate is verified for $host"
}

login() {
  PGPASSWORD=$TOKEN psql -X -q -A -t -v ON_ERROR_STOP=1 -v schema="$schema" -h "$host" -p "$port" --user "$role" "$database" \
    >"$scratch/out" 2>"$scratch/err"
}

check_login() {
  begin login
  said=$said_before
  if [ "$problem" = password ] || [ "$problem" = starting ]; then
    login <"$scratch/facts.sql" && problem=none || problem=$(login_problem "$(cat "$scratch/err")")
    said=$(cat "$scratch/err")
  fi
  case $problem in
    none | binding) ;;
    firewall) fail 12 EP-PG-03 "$said" ;;
    expired) fail 14 EP-DOCTOR-04 "$said" ;;
    token) fail 14 EP-PG-04 "$said (the token's tenant is $token_tenant)" ;;
    role) fail 14 EP-CHECK-07 "$said" ;;
    database) fail 14 EP-PG-06 "$said" ;;
    connect) fail 16 EP-PG-18 "$said" ;;
    slots) fail 14 EP-PG-12 "$said" ;;
    starting) fail 14 EP-PG-11 "$said" ;;
    refused) fail 14 EP-PG-05 "$said" ;;
    *) fail 15 EP-CHECK-08 "$said" ;;
  esac
  if [ "$problem" = none ]; then finish ok "as $role to $database"; else finish ok "the server has read the token"; fi
}

check_binding() {
  begin binding
  [ "$problem" = none ] || fail 14 EP-PG-05 "$said (the token's object id is $object_id)"
  label=$(fact label)
  finish ok "${label:-no label is visible; the server compared the ids}"
}

fact() { jq -r --arg name "$1" '.[$name] // "" | tostring' "$scratch/out"; }

check_rights() {
  begin rights
  # Who brings a token of their own may be an administrator.
  if [ "$token_source" = metadata ] && [ "$(fact isAdmin)" = true ]; then
    fail 16 EP-CHECK-10 "role $role can administer the server"
  fi
  members=$(fact memberOf)
  if [ -z "$schema" ]; then
    finish ok "member of ${members:-no role}; schemas with USAGE: $(fact schemas)"
    return
  fi
  login <"$scratch/rights.sql" || fail 15 EP-CHECK-08 "$(cat "$scratch/err")"
  [ "$(fact found)" = true ] || fail 16 EP-DOCTOR-08 "no schema $schema in database $database"
  [ "$(fact usage)" = true ] || fail 16 EP-CHECK-01 "role $role has no USAGE on schema $schema"
  wrong=$(jq -r --arg profile "$profile" '
    def first_of(what): if length > 0 then ["\(what) \(.[:3] | join(", "))\(if length > 3 then " and \(length - 3) more" else "" end)"] else [] end;
    if $profile == "" then [] else
      (.unreadable | first_of("no SELECT on"))
      + (if $profile == "reader" then .writable | first_of("may write") else .unwritable | first_of("not all of INSERT, UPDATE, DELETE on") end)
      + (if ($profile == "migrator" or $profile == "owner") != .create then ["CREATE on the schema: \(.create)"] else [] end)
    end | join("; ")' "$scratch/out")
  [ -z "$wrong" ] || fail 16 EP-CHECK-01 "profile $profile in schema $schema: $wrong"
  finish ok "schema $schema: $(jq -r '"\(.tables) tables, \(.unreadable | length) not readable, \(.writable | length) writable"' "$scratch/out")"
}

# What the role can see of itself. A row of one column, as JSON.
write_questions() {
  cat >"$scratch/facts.sql" <<'SQL'
SELECT json_build_object(
  'isAdmin', (SELECT r.rolsuper OR r.rolcreaterole OR r.rolcreatedb
                OR EXISTS (SELECT 1 FROM pg_catalog.pg_roles a
                            WHERE a.rolname = 'azure_pg_admin' AND pg_catalog.pg_has_role(session_user, a.oid, 'member'))
                FROM pg_catalog.pg_roles r WHERE r.rolname = session_user),
  'label', (SELECT l.label FROM pg_catalog.pg_seclabels l JOIN pg_catalog.pg_roles r ON r.oid = l.objoid
             WHERE l.classoid = 'pg_catalog.pg_authid'::regclass AND l.provider = 'pgaadauth' AND r.rolname = session_user),
  'memberOf', (SELECT string_agg(g.rolname, ', ' ORDER BY g.rolname)
                 FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = m.roleid
                 JOIN pg_catalog.pg_roles r ON r.oid = m.member WHERE r.rolname = session_user),
  'schemas', (SELECT string_agg(n.nspname, ', ' ORDER BY n.nspname) FROM pg_catalog.pg_namespace n
               WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')));
SQL
  # An owner logs in as the migrator, whose rights count. Tables of extensions are nobody's to grant.
  cat >"$scratch/rights.sql" <<'SQL'
WITH schema AS (SELECT n.oid FROM pg_catalog.pg_namespace n WHERE n.nspname = :'schema'),
  relation AS (
    SELECT c.relname AS name, c.relkind IN ('r', 'p') AS stored, pg_catalog.has_table_privilege(c.oid, 'SELECT') AS reads,
      pg_catalog.has_table_privilege(c.oid, 'INSERT') AND pg_catalog.has_table_privilege(c.oid, 'UPDATE')
        AND pg_catalog.has_table_privilege(c.oid, 'DELETE') AS writes,
      pg_catalog.has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') AS changes
      FROM pg_catalog.pg_class c JOIN schema s ON s.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
       AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d
                        WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))
SELECT json_build_object(
  'found', EXISTS (SELECT 1 FROM schema),
  'usage', (SELECT pg_catalog.has_schema_privilege(oid, 'USAGE') FROM schema),
  'create', (SELECT pg_catalog.has_schema_privilege(oid, 'CREATE') FROM schema),
  'tables', (SELECT count(*) FROM relation),
  'unreadable', (SELECT coalesce(json_agg(name ORDER BY name) FILTER (WHERE NOT reads), '[]') FROM relation),
  'unwritable', (SELECT coalesce(json_agg(name ORDER BY name) FILTER (WHERE stored AND NOT writes), '[]') FROM relation),
  'writable', (SELECT coalesce(json_agg(name ORDER BY name) FILTER (WHERE changes), '[]') FROM relation));
SQL
}

main() {
  set -eu
  set +x
  json=no steps_json='' step='' found=''
  left="tools metadata token dns tcp tls login binding rights "
  read_options "$@"
  [ "$json" = yes ] || printf 'role %s on %s:%s/%s\n' "${role:--}" "$host" "$port" "$database"
  check_tools
  write_questions
  if [ "$network_only" = yes ]; then
    for each in metadata token; do begin "$each" && finish skipped "--network-only"; done
  else
    get_token
    check_token
  fi
  check_network
  said_before=$said
  if [ "$network_only" = yes ]; then
    for each in login binding rights; do begin "$each" && finish skipped "--network-only"; done
  else
    check_login
    check_binding
    check_rights
  fi
  if [ "$json" = yes ]; then
    printf '{"ok":true,"exitCode":0,"steps":[%s]}\n' "$steps_json"
  else
    echo "Nothing is wrong."
  fi
}

main "$@"
