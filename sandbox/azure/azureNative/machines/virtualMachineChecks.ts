import { isDeepStrictEqual } from "node:util";
import type { Failure } from "../../properties/checkProperties.ts";
import { isAbsent, isUnknown, listAt, textAt, valueAt } from "../../properties/values.ts";
import type { Props } from "../../providerHost.ts";
import { armError } from "../engine/armError.ts";

const LINUX = "osProfile.linuxConfiguration";
const PUBLIC_KEY = /^(ssh-rsa|ssh-ed25519) [A-Za-z0-9+/]+={0,2}( .*)?$/;

/** Login settings that Azure refuses. Values that a preview does not know yet pass. */
export function checkLogin(inputs: Props): Failure[] {
  const failures: Failure[] = [];
  const fail = (property: string, reason: string) => failures.push({ property, reason });
  const hasPassword = !isAbsent(valueAt(inputs, "osProfile.adminPassword"));
  if (usesKeys(inputs) && hasPassword) {
    fail(
      "osProfile.adminPassword",
      "adminPassword is not allowed while linuxConfiguration.disablePasswordAuthentication is true: leave one of them out",
    );
  }
  const keysPath = `${LINUX}.ssh.publicKeys`;
  const keys = listAt(inputs, keysPath);
  const keysAreKnown = !["osProfile", LINUX, `${LINUX}.ssh`, keysPath].some((path) => isUnknown(valueAt(inputs, path)));
  if (keysAreKnown && keys.length === 0 && !hasPassword) {
    fail(keysPath, "a Linux virtual machine without a password needs at least one SSH public key");
  }
  const adminUsername = textAt(inputs, "osProfile.adminUsername");
  const allowed = `/home/${adminUsername}/.ssh/authorized_keys`;
  for (const [index, key] of keys.entries()) {
    const [data, file] = [textAt(key, "keyData"), textAt(key, "path")];
    if (data !== undefined && !PUBLIC_KEY.test(data.trim())) {
      fail(
        `${keysPath}[${index}].keyData`,
        "is not an SSH public key that Azure takes: ssh-rsa or ssh-ed25519, a space, and the key in base64, on one line",
      );
    }
    if (file !== undefined && adminUsername !== undefined && file !== allowed) {
      fail(`${keysPath}[${index}].path`, `Azure allows its default alone: ${allowed}`);
    }
  }
  return failures;
}

/** Whether users log in to the machine with keys only. */
export function usesKeys(inputs: Props): boolean {
  return valueAt(inputs, `${LINUX}.disablePasswordAuthentication`) === true;
}

/** What cannot be changed once the machine is there, by the name that Azure's error gives it. */
const FIXED: Readonly<Record<string, string>> = {
  "osProfile.computerName": "osProfile.computerName",
  "osProfile.adminUsername": "osProfile.adminUsername",
  "osProfile.linuxConfiguration.disablePasswordAuthentication": "linuxConfiguration.disablePasswordAuthentication",
  "osProfile.linuxConfiguration.ssh.publicKeys": "linuxConfiguration.ssh.publicKeys",
  "storageProfile.imageReference.publisher": "imageReference.publisher",
  "storageProfile.imageReference.offer": "imageReference.offer",
  "storageProfile.imageReference.sku": "imageReference.sku",
  "storageProfile.imageReference.version": "imageReference.version",
  "storageProfile.osDisk.name": "osDisk.name",
  zones: "zones",
};

/**
 * @throws ArmError PropertyChangeNotAllowed for a change that needs a new machine; azure-native tries it in place.
 * Source: computeRPCommon.json, OSProfile ("cannot be updated after the VM is created"); pulumi/pulumi-azure-native issues 577 and 1117.
 */
export function requireSameMachine(current: Props, wanted: Props): void {
  for (const [path, name] of Object.entries(FIXED)) {
    const [before, after] = [valueAt(current, path), valueAt(wanted, path)];
    if (isAbsent(after) || isDeepStrictEqual(before, after)) continue;
    throw armError("PropertyChangeNotAllowed", { name, property: path.split(".")[0] });
  }
  if (interfacesOf(current) !== interfacesOf(wanted)) {
    throw armError("AddingOrDeletingNetworkInterfacesOnARunningVirtualMachineNotSupported");
  }
}

function interfacesOf(state: Props): string {
  const ids = listAt(state, "networkProfile.networkInterfaces").map((nic) => textAt(nic, "id")?.toLowerCase());
  return JSON.stringify(ids);
}
