import type { ErrorTable } from "./entry.ts";

/** What only the doctor tells apart; for the rest it uses the codes of the login, the check and the role. */
export const DOCTOR_ERRORS = {
  "EP-DOCTOR-01": {
    title: "An option of the doctor is invalid",
    meaning: "Nothing was checked.",
    next: "sh doctor.sh --help",
  },
  "EP-DOCTOR-02": {
    title: "The machine has several identities",
    meaning:
      "Without a client id the metadata service gives the system-assigned identity's token, and this VM has none.",
    next: "name the identity: --client-id of the doctor, AZURE_CLIENT_ID of clients; `az vm identity show` lists them",
  },
  "EP-DOCTOR-03": {
    title: "This machine's network does not work",
    meaning: "No name resolves, or no route leads out: the login of Microsoft Entra is not found either.",
    next: "check the network interface, the DNS servers of the virtual network (Azure's is 168.63.129.16) and its routes",
  },
  "EP-DOCTOR-04": {
    title: "The token has expired",
    meaning: "A token lives for a day at most. Whoever kept it has to fetch another one for each new connection.",
    next: "fetch a new token, and compare the clock of the machine that kept the old one with the time of day",
  },
  "EP-DOCTOR-05": {
    title: "This machine's clock is wrong",
    meaning:
      "It differs by more than five minutes from that of the metadata service. Certificates and tokens have a time.",
    next: "timedatectl set-ntp true, then compare `date -u` with the time of day",
  },
  "EP-DOCTOR-06": {
    title: "The token is of another tenant",
    meaning: "The server takes tokens of the tenant of its subscription only.",
    next: "az login --tenant <the server's tenant>; on a VM, use a server of the subscription's tenant",
  },
  "EP-DOCTOR-07": {
    title: "The token is for another service",
    meaning: "The audience of a token names the service that accepts it. Each Azure cloud has its own for PostgreSQL.",
    next: "az account get-access-token --resource-type oss-rdbms; compare --cloud with the server's cloud",
  },
  "EP-DOCTOR-08": {
    title: "The schema does not exist in this database",
    meaning: "No schema has this name. The database or the name is another one.",
    next: "compare --database and --schema with the stack's configuration",
  },
  "EP-DOCTOR-09": {
    title: "The stack has no such application",
    meaning: "The doctor takes the values of an application from the stack's output `connections`.",
    next: "name one of the applications that the error lists: APP=<application>",
  },
  "EP-DOCTOR-10": {
    title: "The stack's outputs cannot be read",
    meaning: "`pulumi stack output` failed, or the stack has not been deployed yet.",
    next: "pulumi stack output connections --stack <stack>; on a VM, run components/doctor/doctor.sh there",
  },
} as const satisfies ErrorTable;
