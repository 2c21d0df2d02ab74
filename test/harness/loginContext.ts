import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Subject } from "../../components/postgres/errorLocation.ts";
import type { ClientCredentials } from "./entra/clientAuthentication.ts";
import { TokenEndpoint } from "./entra/tokenEndpoint.ts";
import { WorkloadIdentity } from "./entra/workloadIdentity.ts";
import { TestServer } from "./testServer.ts";

/** Milliseconds that a server takes, about: as long as an assertion lives. */
const SERVER_TAKES = 11 * 60_000;

/** How a login ended: the role that it was, or what was said. */
export interface Login {
  user: string;
  said: string;
}

/** A server with one administrator, a CI job that may log in as it, and the Entra that says so. Time passes when a test says so. */
export class LoginContext {
  readonly server: TestServer;
  readonly job: WorkloadIdentity;
  readonly entra: TokenEndpoint;
  /** How the administrator's application may prove that it is itself. */
  readonly credentials: ClientCredentials;
  /** The variables of a deployment that uses this Entra, without a way to log in. */
  readonly environment: NodeJS.ProcessEnv;

  private constructor(server: TestServer, job: WorkloadIdentity, entra: TokenEndpoint, credentials: ClientCredentials) {
    this.server = server;
    this.job = job;
    this.entra = entra;
    this.credentials = credentials;
    const { PATH, HOME } = process.env;
    this.environment = {
      ...(PATH === undefined ? {} : { PATH }),
      ...(HOME === undefined ? {} : { HOME }),
      NO_PROXY: "127.0.0.1,localhost",
      ARM_TENANT_ID: server.directory.tenantId,
      ARM_CLIENT_ID: server.admin.clientId ?? "",
      AZURE_AUTHORITY_HOST: entra.url,
      ARM_DISABLE_INSTANCE_DISCOVERY: "true",
      NODE_EXTRA_CA_CERTS: join(server.dir, "ca.pem"),
    };
  }

  static async open(): Promise<LoginContext> {
    const server = await TestServer.open();
    let passed = 0;
    const now = () => Date.now() + passed;
    const job = await WorkloadIdentity.start({ now });
    const { issuer, subject, jwks } = job;
    const credentials: ClientCredentials = { federated: [{ issuer, subject, keys: jwks }] };
    const entra = await TokenEndpoint.start({
      directory: server.directory,
      issuer: server.issuer,
      authority: server.authority,
      credentials: (clientId) => (clientId === server.admin.clientId ? credentials : {}),
      now,
    });
    const context = new LoginContext(server, job, entra, credentials);
    context.pass = () => {
      passed += SERVER_TAKES;
    };
    return context;
  }

  /** Lets as much time pass, for Entra and the job, as it takes to make a server. */
  pass: () => void = () => {};

  /**
   * Logs in to the server in a process of its own, in this way.
   * @param through a program of Node.js that runs the process, with its arguments
   */
  async login(way: NodeJS.ProcessEnv, changes: Partial<Subject> = {}, through: string[] = []): Promise<Login> {
    const inputs: Subject = {
      host: "localhost",
      port: this.server.server.port,
      database: "postgres",
      adminUser: "admin",
      caCert: this.server.authority.certificatePem,
      deadlineSeconds: 600,
      ...changes,
    };
    const login = [join(import.meta.dirname, "loginProcess.ts"), JSON.stringify(inputs)];
    const args = through.length > 0 ? [...through, process.execPath, ...login] : login;
    const child = spawn(process.execPath, args, {
      env: { ...this.environment, ...way },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    return { user: out.trim(), said: err };
  }

  /** Every secret that was given out: tokens of the tenant and the job's assertions. */
  get secrets(): string[] {
    return [...this.server.tokens, ...this.job.assertions];
  }

  async close(): Promise<void> {
    await this.job.close();
    await this.entra.close();
    await this.server.close();
  }
}
