import type { Fixture } from './fixture.js';
import type { ServerName, Transport } from './names.js';

/** A behaviour that the client shows with every protocol version. */
export interface Behaviour {
  /** A sentence whose omitted subject is holdfast. */
  readonly name: string;
  /** The only transport that it applies to. */
  readonly on?: Transport;
  /** Servers that do not support it, with the reason: there the same program must fail. */
  readonly cannot?: Cannot;
  /** Why it can be tested only in Node, not in a page. */
  readonly notInBrowsers?: string;
  /** In a page, it affects more than its own fixture, so nothing else may run meanwhile. */
  readonly exclusive?: boolean;
  /** A text that it resolves to says how the behaviour shows in this engine; only in the table of engines. */
  readonly run: (fixture: Fixture) => Promise<unknown>;
}

/** Reasons by server, or by server and transport. */
export type Cannot = Partial<Record<ServerName | `${ServerName} ${Transport}`, string>>;

export const reasonFor = (
  { cannot }: Behaviour,
  server: ServerName,
  transport: Transport,
): string | undefined => cannot?.[`${server} ${transport}`] ?? cannot?.[server];

/** The same reason for several servers. */
export const because = (
  reason: string,
  ...servers: readonly ServerName[]
): Partial<Record<ServerName, string>> => Object.fromEntries(servers.map((server) => [server, reason]));

/** The default of python-engineio's `Payload.max_decode_packets`. */
export const sixteen: Cannot = { 'python polling': 'refuses a polling request with more than 16 packets' };
