import { UNKNOWN, UNKNOWN_OBJECT } from "../judged.ts";
import { each, PASS, type RuleCases, refuse, wait } from "./case.ts";
import { machine } from "./given.ts";

const keysOnly = { linuxConfiguration: { disablePasswordAuthentication: true } };
const uefiSettings = { secureBootEnabled: true, vTpmEnabled: true };
const osProfile = (profile: unknown) => machine({ osProfile: profile });
const launched = (securityType: string, settings: object = uefiSettings) =>
  machine({ securityProfile: { securityType, uefiSettings: settings } });
const identity = (type: unknown) => machine({ identity: { type } });

export const machineCases: RuleCases = {
  "vm-no-password": {
    "keys alone pass, and so does a disk that has its users already": each([keysOnly, undefined], osProfile, PASS),
    "a password and permission for passwords are each refused": [
      [
        osProfile({ ...keysOnly, adminPassword: "secret" }),
        refuse('"vm" has a password: leave osProfile.adminPassword out.'),
      ],
      ...each(
        [{}, { linuxConfiguration: {} }, { windowsConfiguration: {} }],
        osProfile,
        refuse(/disablePasswordAuthentication must be true/),
      ),
    ],
    "known values are judged, unknown ones wait for up": [
      [
        osProfile({ adminPassword: UNKNOWN, linuxConfiguration: { disablePasswordAuthentication: false } }),
        wait(/osProfile\.adminPassword of "vm"/, /disablePasswordAuthentication must be true/),
      ],
      [osProfile(UNKNOWN_OBJECT), wait(/osProfile of "vm"/)],
    ],
  },
  "vm-trusted-launch": {
    "trusted launch and a confidential VM pass": each(["TrustedLaunch", "ConfidentialVM"], launched, PASS),
    "each missing part is named": [
      [launched("Standard"), refuse(/^"vm" starts without trusted launch.*\.$/)],
      ...["secureBootEnabled", "vTpmEnabled"].flatMap((part) =>
        each(
          [{ ...uefiSettings, [part]: false }],
          (settings) => launched("TrustedLaunch", settings),
          refuse(new RegExp(`${part} must be true\\.$`)),
        ),
      ),
      [machine(), refuse(/trusted launch/, /secureBootEnabled/, /vTpmEnabled/)],
    ],
    "known values are judged, unknown ones wait for up": [
      [
        launched("TrustedLaunch", { secureBootEnabled: UNKNOWN, vTpmEnabled: false }),
        wait(/securityProfile\.uefiSettings\.secureBootEnabled of "vm"/, /vTpmEnabled must be true/),
      ],
    ],
  },
  "vm-managed-identity": {
    "a machine needs an identity, system-assigned or user-assigned": [
      ...each(["SystemAssigned", "UserAssigned", "SystemAssigned, UserAssigned"], identity, PASS),
      ...each(
        [machine(), machine({ identity: {} }), identity("None")],
        (it) => it,
        refuse('"vm" has no managed identity.'),
      ),
      [identity(UNKNOWN), wait(/identity\.type of "vm"/)],
    ],
  },
};
