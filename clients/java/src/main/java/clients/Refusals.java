package clients;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** The usual refusals, by the words that the server, the SDK or TLS has for them, each with what to do. */
final class Refusals {
  private static final Map<String, String> REMEDIES = new LinkedHashMap<>();
  /** Not `does not match` alone: certificates do that, too. */
  private static final String OTHER_IDENTITY = "oid mismatch|oid .* does not match";
  private static final Pattern PASSING = Pattern.compile(
      "terminat|starting up|shutting down|refused|I/O error|closed|not available|validating the access token|" + OTHER_IDENTITY);
  private static final Pattern AWAITED = Pattern.compile(
      "password authentication failed|role \"[^\"]*\" does not exist|permission denied for database|" + OTHER_IDENTITY);

  static {
    REMEDIES.put("access token has expired", "a token was kept too long: fetch one for each new connection");
    REMEDIES.put(OTHER_IDENTITY, "the identity was made anew, as with a rebuilt VM: pulumi up --refresh");
    REMEDIES.put("AAD_AUTH_TOKENTYPE_APP_USER",
        "the role is bound as another type of principal than this identity: pulumi up --refresh");
    REMEDIES.put("valid audience claim",
        "the token is for another service: POSTGRES_TOKEN_RESOURCE is the resource of the server's cloud");
    REMEDIES.put("no pg_hba\\.conf entry", "the server's firewall: add this machine's address to allowedAddresses");
    REMEDIES.put("certif|PKIX", "PGSSLROOTCERT does not hold the authority that signed the server's certificate");
    REMEDIES.put("database \"[^\"]*\" does not exist", "PGDATABASE is none of the server's databases");
    REMEDIES.put("role \"[^\"]*\" does not exist|password authentication failed|validating the access token",
        "PGUSER is the role, so the identity's name, letter by letter");
    REMEDIES.put("too many (clients|connections)|connection slots",
        "POOL_SIZE times the clients is more than the server's max_connections");
    REMEDIES.put("permission denied", "the application's profile does not have this right: pulumi config get --path apps");
    REMEDIES.put("Identity not found|identity_not_found|managed_identity_request_failed", "AZURE_CLIENT_ID is no identity of this VM");
    REMEDIES.put("ManagedIdentity|CredentialUnavailable|IMDS",
        "the metadata service does not answer: run this on the VM that has the identity");
    REMEDIES.put("UnknownHostException", "PGHOST is no name that is known here: compare it with the stack's output");
    REMEDIES.put("refused", "the machine answers and the port is closed: start the server, or correct PGPORT");
    REMEDIES.put("timed out", "silence is how a firewall refuses: add this machine's address to allowedAddresses");
  }

  private Refusals() {}

  /** What was said, and the one next thing to do. */
  static String explain(Throwable error) {
    String said = said(error);
    if (said.contains("next:")) {
      return error.getMessage();
    }
    String remedy = REMEDIES.entrySet().stream()
        .filter(entry -> Pattern.compile(entry.getKey()).matcher(said).find())
        .map(Map.Entry::getValue).findFirst().orElse("look at the server's state");
    return String.valueOf(error.getMessage()).lines().findFirst().orElse("") + "\nnext: " + remedy;
  }

  /** Whether trying again on another connection can help: it broke, the server restarts, or the identity was just replaced. */
  static boolean mayPass(Throwable error) {
    return PASSING.matcher(said(error)).find();
  }

  /** Whether the role is not yet this identity's: it is not made, not bound to it, or has no rights. */
  static boolean awaitsRole(Throwable error) {
    return AWAITED.matcher(said(error)).find();
  }

  private static String said(Throwable error) {
    StringBuilder all = new StringBuilder();
    for (Throwable each = error; each != null; each = each.getCause()) {
      all.append(each.getClass().getSimpleName()).append(' ').append(each.getMessage()).append('\n');
    }
    return all.toString();
  }
}
