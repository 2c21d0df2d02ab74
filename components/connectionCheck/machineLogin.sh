# Steps of a login with the identity of this machine, which the connection test and the doctor share.
# A token passes through pipes and psql's environment only; it is in no argument list and no file.

# Prints the first of the tools that this machine does not have.
missing_tool() {
  for tool in "$@"; do
    command -v "$tool" >/dev/null 2>&1 || {
      printf '%s' "$tool"
      return
    }
  done
}

# Prints the metadata service's response to a request for a token. $1: resource, $2: client id or empty, then options of curl.
ask_metadata() {
  metadata="${AZURE_POD_IDENTITY_AUTHORITY_HOST:-http://169.254.169.254}/metadata/identity/oauth2/token?api-version=2018-02-01"
  asked_resource=$1
  [ -z "$2" ] || metadata="$metadata&client_id=$2"
  shift 2
  # Azure refuses a request that came by a proxy.
  curl -sS --noproxy '*' "$@" --get --data-urlencode "resource=$asked_resource" -H Metadata:true "$metadata" </dev/null
}

# Prints the claims of the token on standard input as JSON. Fails for anything else than a JSON web token.
token_claims() {
  jq -c -R 'split(".")[1] | gsub("-"; "+") | gsub("_"; "/") | . + "===" [0:(4 - length % 4) % 4] | @base64d | fromjson' 2>/dev/null
}

# Sets what libpq reads of the environment. Variables such as PGOPTIONS or PGHOSTADDR would change the login. $1: file of the authorities.
set_libpq() {
  for name in $(env | sed -n 's/^\(PG[A-Z_]*\)=.*/\1/p'); do
    [ "$name" = PGPASSWORD ] || unset "$name"
  done
  export PGSSLROOTCERT="$1" PGSSLMODE=verify-full PGCONNECT_TIMEOUT=15 PGGSSENCMODE=disable PGCLIENTENCODING=UTF8
}

# Prints what psql's message in $1 means, in one word. libpq gives no SQLSTATE before a login.
login_problem() {
  case $1 in
    *"no pg_hba.conf entry"*) echo firewall ;;
    *FATAL*"access token has expired"*) echo expired ;;
    *FATAL*"valid audience claim"* | *FATAL*"validating the access token"*) echo token ;;
    *FATAL*"oid mismatch"* | *FATAL*"oid in the access token"* | *FATAL*AAD_AUTH_TOKENTYPE* | *FATAL*"not a member of the Microsoft Entra group"*)
      echo binding ;;
    *FATAL*"password authentication failed"* | *FATAL*"role "*"does not exist"*) echo role ;;
    *FATAL*"database "*"does not exist"*) echo database ;;
    *FATAL*"permission denied for database"*) echo connect ;;
    *FATAL*"too many"* | *FATAL*"connection slots"*) echo slots ;;
    *FATAL*"starting up"* | *FATAL*"shutting down"* | *FATAL*"administrator command"*) echo starting ;;
    *FATAL*) echo refused ;;
    *"no password supplied"*) echo password ;;
    *"does not support SSL"*) echo plain ;;
    *certificate* | *"SSL error"* | *"root.crt"*) echo certificate ;;
    *"could not translate"*) echo name ;;
    *refused*) echo closed ;;
    *"Network is unreachable"*) echo network ;;
    *timeout* | *"No route"* | *unreachable*) echo silent ;;
    *) echo other ;;
  esac
}
