import { CLOUDS } from "../azure/clouds.ts";

/** What the doctor has to know of an Azure cloud. */
export interface DoctorCloud {
  /** Value of the doctor's option `--cloud`: one of the cloud's names. */
  option: "public" | "usgov" | "china";
  /** The resource for which the database takes tokens. */
  resource: string;
  /** The login of Microsoft Entra: a name that resolves wherever the network works. */
  authority: string;
}

/** The clouds, the public one first. */
export const DOCTOR_CLOUDS: readonly [DoctorCloud, ...DoctorCloud[]] = [
  doctorCloud("public"),
  doctorCloud("usgov"),
  doctorCloud("china"),
];

function doctorCloud(option: DoctorCloud["option"]): DoctorCloud {
  const found = CLOUDS.find(({ names }) => names.includes(option));
  if (!found) throw new Error(`there is no cloud ${option}`);
  return { option, resource: found.cloud.database, authority: found.cloud.authorityHost };
}
