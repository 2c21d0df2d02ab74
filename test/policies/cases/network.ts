import { UNKNOWN, UNKNOWN_OBJECT } from "../judged.ts";
import { each, PASS, type RuleCases, refuse, wait } from "./case.ts";
import { parameter, range, server } from "./given.ts";

const ALL = ["0.0.0.0", "255.255.255.255"] as const;
const between = ([start, end]: readonly unknown[]) => range(start, end);
const network = (publicNetworkAccess: unknown) => server({ network: { publicNetworkAccess } });
const secureTransport = (value: unknown) => parameter("require_secure_transport", value);
const [LOWEST, HIGHEST] = ["ssl_min_protocol_version", "ssl_max_protocol_version"];

export const networkCases: RuleCases = {
  "firewall-no-wide-range": {
    "a rule allows as many addresses as its prefix has": [
      [range("20.1.2.3", "20.1.2.3"), PASS],
      [range("20.1.2.0", "20.1.2.255"), PASS],
      [range("20.1.2.128", "20.1.3.127"), PASS],
      [
        range("20.1.2.0", "20.1.3.0"),
        refuse(/^"people" .* 257 addresses, 20\.1\.2\.0 to 20\.1\.3\.0; at most 256 are allowed \(a \/24\)\.$/),
      ],
      [range(...ALL), refuse(/4294967296 addresses/)],
    ],
    "the prefix is configurable from one address to a /8": [
      [range("20.1.2.3", "20.1.2.4"), refuse(), { minimumPrefix: 32 }],
      [range("20.1.2.3", "20.1.2.3"), PASS, { minimumPrefix: 32 }],
      [range("20.0.0.0", "20.255.255.255"), PASS, { minimumPrefix: 8 }],
      [range("20.0.0.0", "21.0.0.0"), refuse(), { minimumPrefix: 8 }],
    ],
    "anything but a range of IPv4 addresses is refused": each(
      [
        ["20.1.2.4", "20.1.2.3"],
        ["20.1.2", "20.1.2.3"],
        ["::1", "::1"],
        [undefined, "20.1.2.3"],
      ],
      between,
      refuse(/not a range of IPv4 addresses/),
    ),
    "an unknown end waits for up": [
      [range("20.1.2.3", UNKNOWN), wait(/endIpAddress of "people"/)],
      [range(UNKNOWN, "20.1.2.3"), wait(/startIpAddress of "people"/)],
    ],
  },
  "firewall-no-all-addresses": {
    "half of the Internet or more is refused": [
      [range(...ALL), refuse('"people" opens the server to the whole Internet (0.0.0.0 to 255.255.255.255).')],
      ...each(
        [
          ["0.0.0.1", "255.255.255.254"],
          ["0.0.0.0", "127.255.255.255"],
          ["128.0.0.0", "255.255.255.255"],
        ],
        between,
        refuse(),
      ),
    ],
    "a narrower range and all of Azure are left to the other rules": each(
      [
        ["0.0.0.0", "127.255.255.254"],
        ["20.1.2.3", "20.1.2.3"],
        ["0.0.0.0", "0.0.0.0"],
        ["255.255.255.255", "0.0.0.0"],
        ["none", "255.255.255.255"],
      ],
      between,
      PASS,
    ),
    "an unknown end waits for up": [[range("0.0.0.0", UNKNOWN), wait(/endIpAddress of "people"/)]],
  },
  "firewall-no-azure-services": {
    "only 0.0.0.0 to 0.0.0.0, which is all of Azure, is refused": [
      [range("0.0.0.0", "0.0.0.0"), refuse(/^"people" .* all of Azure \(0\.0\.0\.0 to 0\.0\.0\.0\)\.$/)],
      ...each([["20.1.2.3", "20.1.2.3"], ["0.0.0.0", "0.0.0.1"], ALL, ["", ""]], between, PASS),
    ],
    "an unknown end waits for up": [[range(UNKNOWN, "0.0.0.0"), wait(/startIpAddress of "people"/)]],
  },
  "no-public-access": {
    "a public endpoint is refused, Azure's default too": [
      ...each([network("Enabled"), network(undefined), server()], (it) => it, refuse(/^"db" has a public endpoint/)),
      [network("Disabled"), PASS],
      [server({ network: { delegatedSubnetResourceId: "/subnet" } }), PASS],
    ],
    "an unknown value waits for up unless the environment decides": [
      [network(UNKNOWN), wait(/network\.publicNetworkAccess of "db"/)],
      [server({ network: UNKNOWN_OBJECT }), wait(/network of "db"/)],
      [network(UNKNOWN), PASS, { environment: "dev" }],
    ],
  },
  "tls-version": {
    "TLS 1.2 and 1.3 pass in any case": [LOWEST, HIGHEST].flatMap((name) => [
      ...each(["TLSv1.2", "TLSv1.3", "tlsv1.2"], (value) => parameter(name, value), PASS),
      ...each(
        ["TLSv1", "TLSv1.1", "SSLv3", "TLSv1.22"],
        (value) => parameter(name, value),
        refuse(new RegExp(`^"tls" sets ${name} to "(TLSv1|TLSv1.1|SSLv3|TLSv1.22)"`)),
      ),
    ]),
    "parameter names have no case": [
      [parameter("SSL_MIN_PROTOCOL_VERSION", "TLSv1"), refuse()],
      [parameter("Ssl_Min_Protocol_Version", ""), refuse()],
      [parameter("SSL_MAX_PROTOCOL_VERSION", ""), PASS],
      [parameter("log_connections", "TLSv1"), PASS],
    ],
    "the highest version may be left out, the lowest may not": [
      ...each(["", undefined], (value) => parameter(HIGHEST, value), PASS),
      ...each(["", undefined], (value) => parameter(LOWEST, value), refuse()),
    ],
    "an unknown value waits for up unless it is another parameter's": [
      [parameter(LOWEST, UNKNOWN), wait(/value of "tls"/)],
      [parameter(UNKNOWN, "TLSv1"), wait(/configurationName of "tls"/)],
      [parameter("log_connections", UNKNOWN), PASS],
      [parameter(UNKNOWN, "TLSv1.3"), PASS],
    ],
  },
  "secure-transport": {
    "only the spellings of on pass": [
      ...each(["on", "ON", "true", "1"], secureTransport, PASS),
      ...each(["off", "OFF", "false", "0", "", undefined], secureTransport, refuse(/must be "on"/)),
      [parameter("Require_Secure_Transport", "off"), refuse()],
      [parameter("log_connections", "off"), PASS],
    ],
    "an unknown value waits for up unless it is another parameter's": [
      [secureTransport(UNKNOWN), wait(/value of "tls"/)],
      [parameter(UNKNOWN, "off"), wait(/configurationName of "tls"/)],
      [parameter("log_connections", UNKNOWN), PASS],
    ],
  },
};
