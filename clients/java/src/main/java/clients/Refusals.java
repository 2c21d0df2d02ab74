package clients;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/** The usual refusals, by the words that the server, the SDK or TLS has for them, each with what to do. */
final class Refusals {
  private static final Map<String, String> REMEDIES = new LinkedHashMap<>();
  private static final Pattern PASSING = Pattern.compile(
      "terminat|starting up|shutting down|refused|I/O error|closed|not available|oid mismatch|does not match|validating the access token");

  static {
    REMEDIES.put("access token has expired", "a token was kept too long: fetch one for each new connection");
    REMEDIES.put("oid mismatch|does not match", "the identity was made anew, as with a rebuilt VM: pulumi up --refresh");
    REMEDIES.put("no pg_hba\\.conf entry", "the server's firewall: add this machine's address to allowedAddresses");
    REMEDIES.put("certif|PKIX", "PGSSLROOTCERT does not hold the authority that signed the server's certificate");
    REMEDIES.put("database \"[^\"]*\" does not exist", "PGDATABASE is none of the server's databases");
    REMEDIES.put("role \"[^\"]*\" does not exist|password authentication failed|validating the access token",
        "PGUSER is the role, so the identity's name, letter by letter");
    REMEDIES.put("permission denied", "the application's profile does not have this right: pulumi config get --path apps");
    REMEDIES.put("Identity not found|identity_not_found|managed_identity_request_failed", "AZURE_CLIENT_ID is no identity of this VM");
    REMEDIES.put("ManagedIdentity|CredentialUnavailable|IMDS",
        "the metadata service does not answer: run this on the VM that has the identity");
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

  private static String said(Throwable error) {
    StringBuilder all = new StringBuilder();
    for (Throwable each = error; each != null; each = each.getCause()) {
      all.append(each.getClass().getSimpleName()).append(' ').append(each.getMessage()).append('\n');
    }
    return all.toString();
  }
}
