import { AzError, newId, OPERATOR, type State } from "./azureCliState.ts";
import {
  account,
  blobService,
  CREDENTIAL,
  change,
  containerId,
  credential,
  credentials,
  definitionBody,
  groupId,
  identityId,
  LOCKS,
  locks,
  members,
  type Option,
  put,
  show,
  storageId,
  subscription,
  VAULT_LOCKS,
  vaultId,
  vaultLocks,
} from "./azureCliStore.ts";

interface Command {
  needs: string[];
  takes?: string[];
  run: (option: Option, state: State) => unknown;
}

/**
 * The commands that the bootstrap uses, with their options.
 * Source of names, options and shapes: azure-cli, src/azure-cli/azure/cli/command_modules, and the answers shown in Microsoft's documents.
 */
export const commands: Record<string, Command> = {
  "account show": { needs: [], run: (option, state) => account(option, state) },
  "provider list": {
    needs: ["--query"],
    run: (option, state) => {
      if (option("--query") !== "[?registrationState=='Registered'].namespace") throw new AzError("unknown --query", 2);
      return state.registered;
    },
  },
  "provider register": {
    needs: ["--namespace"],
    takes: ["--wait"],
    run: (option, state) => void state.registered.push(option("--namespace")),
  },
  "group show": {
    needs: ["--name"],
    run: (option, state) => show(state, groupId(option("--name"), option, state), "ResourceGroupNotFound"),
  },
  "group create": {
    needs: ["--name", "--location"],
    run: (option, state) => put(state, groupId(option("--name"), option, state), { location: option("--location") }),
  },
  "storage account show": {
    needs: ["--name", "--resource-group"],
    run: (option, state) => show(state, storageId(option, state)),
  },
  "storage account create": {
    needs: ["--name", "--resource-group", "--location", "--sku", "--kind", ...LOCKS],
    run: (option, state) => {
      const defaults = { location: option("--location"), sku: { name: option("--sku") }, kind: option("--kind") };
      return put(state, storageId(option, state), { ...defaults, ...locks(option) });
    },
  },
  "storage account update": {
    needs: ["--name", "--resource-group", ...LOCKS],
    run: (option, state) => change(state, storageId(option, state), locks(option)),
  },
  "storage account blob-service-properties show": {
    needs: ["--account-name", "--resource-group"],
    run: (option, state) => blobService(option, state),
  },
  "storage account blob-service-properties update": {
    needs: [
      "--account-name",
      "--resource-group",
      "--enable-versioning",
      "--enable-delete-retention",
      "--delete-retention-days",
    ],
    takes: ["--enable-container-delete-retention", "--container-delete-retention-days"],
    run: (option, state) =>
      Object.assign(blobService(option, state), {
        isVersioningEnabled: option("--enable-versioning") === "true",
        deleteRetentionPolicy: { enabled: true, days: Number(option("--delete-retention-days")) },
        containerDeleteRetentionPolicy: { enabled: true, days: Number(option("--container-delete-retention-days")) },
      }),
  },
  "storage container-rm show": {
    needs: ["--storage-account", "--resource-group", "--name"],
    run: (option, state) => show(state, containerId(option, state), "ContainerNotFound"),
  },
  "storage container-rm create": {
    needs: ["--storage-account", "--resource-group", "--name"],
    run: (option, state) => put(state, containerId(option, state), { publicAccess: "None" }),
  },
  "keyvault show": {
    needs: ["--name", "--resource-group"],
    run: (option, state) => show(state, vaultId(option, state)),
  },
  "keyvault create": {
    needs: ["--name", "--resource-group", "--location", "--sku", "--retention-days", ...VAULT_LOCKS],
    run: (option, state) =>
      put(state, vaultId(option, state), { location: option("--location"), properties: vaultLocks(option) }),
  },
  "keyvault update": {
    needs: ["--name", "--resource-group", ...VAULT_LOCKS],
    run: (option, state) => change(state, vaultId(option, state), { properties: vaultLocks(option) }),
  },
  "resource show": { needs: ["--ids", "--api-version"], run: (option, state) => show(state, option("--ids")) },
  "resource create": {
    needs: ["--id", "--api-version", "--properties"],
    takes: ["--is-full-object"],
    run: (option, state) => {
      const { properties } = JSON.parse(option("--properties"));
      return put(state, option("--id"), { properties: { ...properties, attributes: { enabled: true } } });
    },
  },
  "identity show": {
    needs: ["--name", "--resource-group"],
    // A command of the newer kind, which ends with 1 and tells by the error's code.
    run: (option, state) => show(state, identityId(option("--name"), option, state), "ResourceNotFound", 1),
  },
  "identity create": {
    needs: ["--name", "--resource-group", "--location"],
    run: (option, state) => {
      const ids = { principalId: newId(state), clientId: newId(state) };
      return put(state, identityId(option("--name"), option, state), {
        location: option("--location"),
        ...ids,
        credentials: [],
      });
    },
  },
  "identity federated-credential list": {
    needs: ["--identity-name", "--resource-group"],
    run: (option, state) => credentials(option, state),
  },
  "identity federated-credential create": {
    needs: CREDENTIAL,
    run: (option, state) => credential(option, state, false),
  },
  "identity federated-credential update": {
    needs: CREDENTIAL,
    run: (option, state) => credential(option, state, true),
  },
  "ad signed-in-user show": { needs: [], run: () => ({ id: OPERATOR, userPrincipalName: "ada@example.com" }) },
  "ad group list": {
    needs: ["--filter"],
    run: (option, state) => {
      const name = /^displayName eq '([^']+)'$/.exec(option("--filter"))?.[1];
      if (name === undefined) throw new AzError("Invalid filter clause (Request_UnsupportedQuery)");
      return state.groups
        .filter(({ displayName }) => displayName === name)
        .map(({ members: _members, ...group }) => group);
    },
  },
  "ad group create": {
    needs: ["--display-name", "--mail-nickname"],
    takes: ["--description"],
    run: (option, state) => {
      const group = { id: newId(state), displayName: option("--display-name"), securityEnabled: true };
      state.groups.push({ ...group, members: [] });
      return group;
    },
  },
  "ad group member check": {
    needs: ["--group", "--member-id"],
    run: (option, state) => ({ value: members(option, state).includes(option("--member-id")) }),
  },
  "ad group member add": {
    needs: ["--group", "--member-id"],
    run: (option, state) => void members(option, state).push(option("--member-id")),
  },
  "role definition list": {
    needs: ["--name", "--scope", "--custom-role-only"],
    run: (option, state) => state.definitions.filter(({ roleName }) => roleName === option("--name")),
  },
  "role definition create": {
    needs: ["--role-definition"],
    run: (option, state) => {
      const { name: roleName, ...given } = JSON.parse(option("--role-definition"));
      const name = newId(state);
      const id = `${subscription(option, state)}/providers/Microsoft.Authorization/roleDefinitions/${name}`;
      const definition = { id, name, roleName, roleType: "CustomRole", ...definitionBody(given) };
      state.definitions.push(definition);
      return definition;
    },
  },
  "role definition update": {
    needs: ["--role-definition"],
    run: (option, state) => {
      const { id, roleName, ...given } = JSON.parse(option("--role-definition"));
      const found = state.definitions.find((definition) => definition.id === id);
      if (!found || !roleName) throw new AzError("No definition was found");
      return Object.assign(found, definitionBody(given));
    },
  },
  "role assignment list": {
    needs: ["--scope"],
    // What is given further up comes along, as from ARM's atScope().
    run: (option, state) =>
      state.assignments.filter(({ scope }) => option("--scope").toLowerCase().startsWith(scope.toLowerCase())),
  },
  "role assignment create": {
    needs: ["--assignee-object-id", "--assignee-principal-type", "--role", "--scope"],
    run: (option, state) => {
      const role = option("--role");
      if (!/^[0-9a-f-]{36}$/.test(role)) throw new AzError(`Role '${role}' doesn't exist.`);
      const assignment = {
        principalId: option("--assignee-object-id"),
        principalType: option("--assignee-principal-type"),
        roleDefinitionId: `${subscription(option, state)}/providers/Microsoft.Authorization/roleDefinitions/${role}`,
        scope: option("--scope"),
      };
      state.assignments.push(assignment);
      return assignment;
    },
  },
};
