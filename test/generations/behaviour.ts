import type { Stage } from './fixture.js';
import type { ServerName, Transport } from './names.js';

/** Something that a client does, whatever the generation of the server. */
export interface Behaviour {
  /** A sentence without its subject, which is holdfast. */
  readonly name: string;
  /** The only transport that it is about. */
  readonly on?: Transport;
  /** Servers that cannot do their part, and why: there the same program must fail. */
  readonly cannot?: Cannot;
  /** Why no page can do it, and only Node shows it. */
  readonly notInBrowsers?: string;
  /** In a page, it touches more than its own stage: nothing else may go on meanwhile. */
  readonly alone?: boolean;
  readonly run: (stage: Stage) => Promise<void>;
}

/** By server, or by server and transport. */
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

/** What python-engineio does unless a program raises `Payload.max_decode_packets`. */
export const sixteen: Cannot = { 'python polling': 'refuses a polling request with more than 16 packets' };
