import { AUDIENCE, GITHUB_ISSUER } from "../githubSubject.ts";
import { ENVIRONMENTS, IDENTITIES, type Identity } from "../identity.ts";
import { armId, type Settings } from "../settings.ts";
import { type Change, type Context, type Facts, type IdentityIds, resourceStep, type Step } from "../step.ts";

/** A trust in tokens of one issuer with one subject. */
interface Credential {
  name: string;
  issuer: string;
  subject: string;
  audiences?: string[] | null;
}

/**
 * The pipelines' identities, each with its federated credentials: a pipeline shows its own token, and there is no secret to keep or renew.
 * User-assigned managed identities and not app registrations: they are resources of the group, need no right on the directory, and can
 * have no client secret at all.
 */
export function identities(context: Context): Step[] {
  return IDENTITIES.flatMap((identity) => [managedIdentity(context, identity), credentials(context, identity)]);
}

/** The managed identity's name in Azure. */
export function identityName({ identityPrefix }: Settings, identity: Identity): string {
  return `${identityPrefix}-${identity}`;
}

function identityId(settings: Settings, identity: Identity): string {
  const type = "providers/Microsoft.ManagedIdentity/userAssignedIdentities";
  return armId(settings, settings.deliveryGroup, type, identityName(settings, identity));
}

function managedIdentity(context: Context, identity: Identity): Step {
  const { settings, facts } = context;
  const { deliveryGroup, location } = settings;
  const named = ["--name", identityName(settings, identity), "--resource-group", deliveryGroup];
  return resourceStep<IdentityIds>(context, {
    title: `identity ${identityName(settings, identity)}`,
    id: identityId(settings, identity),
    parent: armId(settings, deliveryGroup),
    show: ["identity", "show", ...named],
    create: ["identity", "create", ...named, "--location", location],
    learn: ({ principalId, clientId }) => facts.identities.set(identity, { principalId, clientId }),
  });
}

function credentials({ az, settings, facts }: Context, identity: Identity): Step {
  const wanted = wantedCredentials(settings, facts, identity);
  const ofIdentity = ["--identity-name", identityName(settings, identity), "--resource-group", settings.deliveryGroup];
  return {
    title: `federated credentials of ${identity}`,
    look: async () => {
      const found = facts.isThere(identityId(settings, identity))
        ? await az.run<Credential[]>(["identity", "federated-credential", "list", ...ofIdentity])
        : [];
      const extra = found.filter(({ name }) => wanted.every((credential) => credential.name !== name));
      return {
        changes: wanted.flatMap((credential) => credentialChange(credential, found, ofIdentity)),
        remarks: extra.map(
          ({ name, issuer, subject }) =>
            `also trusts ${subject} of ${issuer} (${name}), which is not of this bootstrap`,
        ),
      };
    },
  };
}

function credentialChange(wanted: Credential, found: readonly Credential[], ofIdentity: string[]): Change[] {
  const { name, issuer, subject } = wanted;
  const trust = ["--name", name, ...ofIdentity, "--issuer", issuer, "--subject", subject, "--audiences", AUDIENCE];
  const same = found.find((credential) => credential.name === name);
  if (!same) return [{ what: `${name} to be made`, command: ["identity", "federated-credential", "create", ...trust] }];
  const audiences = same.audiences ?? [];
  if (same.issuer === issuer && same.subject === subject && audiences.length === 1 && audiences[0] === AUDIENCE)
    return [];
  const what = `${name} trusts ${same.subject} of ${same.issuer}, wanted ${subject} of ${issuer} for ${AUDIENCE}`;
  return [{ what, command: ["identity", "federated-credential", "update", ...trust] }];
}

function wantedCredentials({ azureDevOps }: Settings, { subjectPrefix }: Facts, identity: Identity): Credential[] {
  const environments = subjectPrefix === undefined ? [] : ENVIRONMENTS.filter((each) => each.identity === identity);
  return [
    ...environments.map(({ name }) => ({
      name: `github-${name}`,
      issuer: GITHUB_ISSUER,
      subject: `${subjectPrefix}:environment:${name}`,
    })),
    ...azureDevOps
      .filter((connection) => connection.identity === identity)
      .map(({ issuer, subject }, index) => ({ name: `azure-devops-${index + 1}`, issuer, subject })),
  ];
}
