import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { copyFile, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { generate } from 'selfsigned';
import type { ServerOptions } from 'socket.io';
import { freePort, host } from './ports.js';
import { installTools } from './tools.js';
import { Announcements, patienceMs } from './waiting.js';

/**
 * The real socket.io server with WebTransport, on 127.0.0.1. Node has no HTTP/3, so it runs in Deno, which comes from npm: see
 * deno/server.mjs.
 */

// Not from this module's address: the benchmark bundles it.
const folder = join(process.cwd(), 'test/support/deno');

/** Browsers take a certificate by its hash if it is valid for two weeks at most. */
const validMs = 10 * 86_400_000;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** SHA-256 of the certificate, in base64. */
  readonly hash: string;
}

/** An event of the server. */
export interface ServerEvent {
  readonly event:
    | 'ready'
    | 'session'
    | 'session end'
    | 'upgrade'
    | 'connection'
    | 'disconnect'
    | 'count'
    | 'hostile'
    | 'trouble';
  readonly transport?: string;
  readonly id?: string;
  readonly reason?: string;
  readonly number?: number;
  readonly path?: string;
  readonly message?: string;
}

export interface WebTransportServerSettings {
  readonly options?: Partial<ServerOptions>;
  /** `false`: no process listens on UDP, and the operating system refuses each packet. */
  readonly udp?: boolean;
}

export interface Deno {
  /** Its node_modules has socket.io. */
  readonly folder: string;
  readonly program: string;
}

let copies = 0;

/** Servers that start at the same time install it once. */
let installed: Promise<string> | undefined;

export async function installDeno(): Promise<Deno> {
  installed ??= installTools(folder, 'holdfast-deno');
  const tools = await installed;
  // The package `deno` has a package for each platform, which contains only the program.
  const { platform, arch } = process;
  const name = `${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}`;
  const file = platform === 'win32' ? 'deno.exe' : 'deno';
  return { folder: tools, program: join(tools, 'node_modules', '@deno', name, file) };
}

export async function startWebTransportServer(
  settings: WebTransportServerSettings = {},
): Promise<WebTransportServer> {
  const [deno, certificate, port] = await Promise.all([installDeno(), makeCertificate(), portForBoth()]);
  // Deno looks for packages beside the script.
  const script = join(deno.folder, `server-${await digest(join(folder, 'server.mjs'))}.mjs`);
  await copyWhole(join(folder, 'server.mjs'), script);
  const server = new WebTransportServer([deno.program, script], certificate, port, settings);
  await server.start();
  return server;
}

/** Nobody reads half a file: several servers start at the same time, in several processes. */
async function copyWhole(from: string, to: string): Promise<void> {
  const unfinished = `${to}.${process.pid}.${copies++}`;
  await copyFile(from, unfinished);
  await rename(unfinished, to);
}

export class WebTransportServer {
  readonly port: number;
  readonly url: string;
  readonly certificate: Certificate;
  /** All events since its first start. */
  readonly events: ServerEvent[] = [];
  readonly changes: Announcements = new Announcements();
  /** Called with each event at once. */
  onEvent: ((event: ServerEvent) => void) | undefined;
  readonly #command: readonly [program: string, script: string];
  readonly #settings: WebTransportServerSettings;
  #child: ChildProcess | undefined;

  constructor(
    command: readonly [program: string, script: string],
    certificate: Certificate,
    port: number,
    settings: WebTransportServerSettings,
  ) {
    this.#command = command;
    this.#settings = settings;
    this.certificate = certificate;
    this.port = port;
    this.url = `http://${host}:${port}`;
  }

  async start(): Promise<void> {
    const { cert, key } = this.certificate;
    const settings = JSON.stringify({ port: this.port, cert, key, ...this.#settings });
    const flags = ['run', '--unstable-net', '-A', '--no-lock', '--node-modules-dir=manual'];
    const [program, script] = this.#command;
    const child = spawn(program, [...flags, script, settings], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' },
    });
    this.#child = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    let errors = '';
    child.stderr.on('data', (bytes: Buffer) => {
      errors += bytes;
    });
    const before = this.events.length;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const event = JSON.parse(line) as ServerEvent;
      this.events.push(event);
      this.onEvent?.(event);
      this.changes.announce();
    });
    const ended = once(child, 'exit').then(() => {
      throw new Error(`Deno ended (${child.signalCode ?? child.exitCode}): ${errors.trim()}`);
    });
    ended.catch(() => {});
    await Promise.race([this.until('ready', ({ event }) => event === 'ready', before), ended]);
    child.once('exit', (code, signal) => {
      if (this.#child !== child) return;
      // Deno's HTTP/3 is young. A server that ends by itself must not take the tests with it that come after.
      console.error(`holdfast: Deno ended (${signal ?? code}) and is started again: ${errors.trim()}`);
      this.start().catch((error) => console.error(error));
    });
  }

  /** Resolves to the first event that satisfies the condition, from the event with this number on. */
  async until(
    what: string,
    condition: (event: ServerEvent) => boolean,
    from = 0,
    limitMs: number = patienceMs,
  ): Promise<ServerEvent> {
    const found = (): ServerEvent | undefined => this.events.slice(from).find(condition);
    await this.changes.until(`the server's event: ${what}`, () => found() !== undefined, limitMs);
    return found() as ServerEvent;
  }

  /** The events of this client's server sockets, in order. */
  of(id: string | undefined): readonly ServerEvent[] {
    return this.events.filter((one) => one.id === id);
  }

  /** Ends at once, without any packet. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
}

export async function makeCertificate(): Promise<Certificate> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: host }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    // The clocks of two machines differ.
    notBeforeDate: new Date(Date.now() - 3_600_000),
    notAfterDate: new Date(Date.now() + validMs),
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: host }] }],
  });
  const hash = createHash('sha256').update(new X509Certificate(cert).raw).digest('base64');
  return { key, cert, hash };
}

/** A port of 127.0.0.1 that is free for TCP and for UDP. */
export async function portForBoth(): Promise<number> {
  for (;;) {
    const port = await freePort();
    const probe = createSocket('udp4');
    const free = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false));
      probe.bind(port, host, () => resolve(true));
    });
    await new Promise<void>((resolve) => {
      if (free) probe.close(resolve);
      else resolve();
    });
    if (free) return port;
  }
}

async function digest(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
    .slice(0, 16);
}
