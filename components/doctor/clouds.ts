/** What the doctor has to know of an Azure cloud. */
export interface DoctorCloud {
  /** Value of the doctor's option `--cloud`. */
  option: "public" | "usgov" | "china";
  /** The resource for which the database takes tokens. */
  resource: string;
  /** The login of Microsoft Entra: a name that resolves wherever the network works. */
  authority: string;
}

/** The clouds, the public one first. A test compares them with components/azure/cloud.ts, which loads an SDK that the doctor must not need. */
export const DOCTOR_CLOUDS: readonly [DoctorCloud, ...DoctorCloud[]] = [
  {
    option: "public",
    resource: "https://ossrdbms-aad.database.windows.net",
    authority: "https://login.microsoftonline.com",
  },
  {
    option: "usgov",
    resource: "https://ossrdbms-aad.database.usgovcloudapi.net",
    authority: "https://login.microsoftonline.us",
  },
  {
    option: "china",
    resource: "https://ossrdbms-aad.database.chinacloudapi.cn",
    authority: "https://login.chinacloudapi.cn",
  },
];
