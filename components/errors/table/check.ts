import type { ErrorTable } from "./entry.ts";

/** The connection test that runs on the VM as the identity. */
export const CHECK_ERRORS = {
  "EP-CHECK-01": {
    title: "The rights of the role differ from its profile",
    meaning: "The connection test on the VM found a right that the profile does not have, or misses one.",
    next: "run `pulumi up --refresh`, which repairs the rights or names those of others",
    outside: [{ text: /the rights of role .* are not what its profile says/ }],
  },
  "EP-CHECK-02": {
    title: "The connection test on the VM failed",
    meaning: "Azure shows only a part of the test's output, or none.",
    next:
      "az vm run-command show --instance-view --query instanceView.error --output tsv --resource-group … --vm-name … " +
      "--run-command-name …",
    outside: [{ text: /VMExtensionProvisioningError/ }],
  },
  "EP-CHECK-03": {
    title: "The VM lacks a tool of the connection test",
    meaning: "The test runs curl, jq and psql on the VM. cloud-init installs them on VMs that IdentityVm creates.",
    next: "sudo apt-get install -y curl jq postgresql-client",
  },
  "EP-CHECK-04": {
    title: "The VM's metadata service gave no token",
    meaning: "The metadata service does not answer, or the identity is not assigned to the VM.",
    next: "check that the identity with the client id of the message is assigned to this VM",
  },
  "EP-CHECK-05": {
    title: "The VM cannot reach the server",
    meaning:
      "The server is stopped, its firewall does not allow the VM's address, or its name does not resolve in the VM's network.",
    next: "start the server; add a firewall rule for the VM's public address; check the private DNS zone",
  },
  "EP-CHECK-06": {
    title: "The VM cannot verify the server's certificate",
    meaning: "The connection is not encrypted, or an authority signed the certificate that the VM does not trust.",
    next: "set databaseCaCert to the authority that signed the certificate",
  },
  "EP-CHECK-07": {
    title: "The server refused the VM's identity",
    meaning: "The role does not exist, or is bound to another identity, such as that of the VM before it was rebuilt.",
    next: "run `pulumi up --refresh`, which binds the role to the identity again",
  },
  "EP-CHECK-08": {
    title: "The connection test stopped for another reason",
    meaning: "psql on the VM failed with the message that the error shows.",
    next: "run psql on the VM yourself",
  },
  "EP-CHECK-09": {
    title: "The connection test printed no receipt",
    meaning: "The test ended without its last line, as when the VM restarts while it runs.",
    next: "run `pulumi up` again; look at the VM's boot log if it fails again",
  },
  "EP-CHECK-10": {
    title: "The receipt differs from the deployment",
    meaning: "The VM logged in as another role or identity than the deployed one, or as an administrator.",
    next: "run `pulumi up --refresh`",
  },
} as const satisfies ErrorTable;
