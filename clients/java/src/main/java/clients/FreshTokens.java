package clients;

import com.azure.core.credential.AccessToken;
import com.azure.core.credential.TokenCredential;
import com.azure.core.credential.TokenRequestContext;
import com.azure.identity.ManagedIdentityCredentialBuilder;
import com.azure.identity.extensions.implementation.credential.TokenCredentialProviderOptions;
import com.azure.identity.extensions.implementation.credential.provider.TokenCredentialProvider;
import java.time.Duration;
import java.time.OffsetDateTime;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Gives the authentication plugin tokens that are still good: it asks for another one when the last nears its end, within a minute of it
 * or the last tenth of a life that is shorter. The SDK's own cache may hand out a token until its last moment, too late for a login.
 */
public final class FreshTokens implements TokenCredentialProvider {
  /** What a token is asked for; the stack's output names the resource of its cloud. */
  public static final String SCOPE =
      EntraDataSource.env("POSTGRES_TOKEN_RESOURCE", "https://ossrdbms-aad.database.windows.net") + "/.default";
  /** What a token for the database is asked for with. */
  public static final TokenRequestContext DATABASE = new TokenRequestContext().addScopes(SCOPE);

  private static final TokenCredential SHARED = new Cached(System.getenv("AZURE_CLIENT_ID"));

  public FreshTokens() {}

  public FreshTokens(TokenCredentialProviderOptions options) {}

  @Override
  public TokenCredential get() {
    return SHARED;
  }

  @Override
  public TokenCredential get(TokenCredentialProviderOptions options) {
    return SHARED;
  }

  private static final class Cached implements TokenCredential {
    private final String clientId;
    private AccessToken last;
    private OffsetDateTime goodUntil = OffsetDateTime.MIN;

    /** @param clientId needed where the VM has more than one identity */
    Cached(String clientId) {
      this.clientId = clientId == null || clientId.isEmpty() ? null : clientId;
    }

    @Override
    public Mono<AccessToken> getToken(TokenRequestContext context) {
      return Mono.fromCallable(() -> fresh(context)).subscribeOn(Schedulers.boundedElastic());
    }

    private synchronized AccessToken fresh(TokenRequestContext context) {
      OffsetDateTime now = OffsetDateTime.now();
      if (now.isAfter(goodUntil)) {
        // A new credential, because one that was used keeps its token for half a minute even when that is about to expire. By name,
        // not the SDK's default chain: on a VM only this can be meant, and a wrong answer would come sooner.
        last = new ManagedIdentityCredentialBuilder().clientId(clientId).build().getTokenSync(context);
        Duration life = Duration.between(now, last.getExpiresAt());
        long margin = Math.max(Math.min(60_000, life.toMillis() / 10), 1_500);
        goodUntil = last.getExpiresAt().minus(Duration.ofMillis(margin));
      }
      return last;
    }
  }
}
