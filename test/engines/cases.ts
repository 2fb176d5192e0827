import { type Behaviour, reasonFor } from '../generations/behaviour.js';
import { behaviours as serverBehaviours } from '../generations/behaviours/index.js';
import { type ServerName, type Transport, transports } from '../generations/names.js';
import { inBrowsers } from './behaviours/index.js';

/** The test cases for each engine: the behaviours of every server, and those specific to browsers. */

export interface Case {
  readonly key: string;
  readonly behaviour: Behaviour;
  readonly server: ServerName;
  readonly transport: Transport;
}

export interface Outcome {
  readonly key: string;
  readonly error?: string;
  /** How the behaviour shows in this engine, where `yes` does not say it all. */
  readonly note?: string;
}

/** The current server, and the oldest one that programs still use. */
const servers: readonly ServerName[] = ['4.8.4', '1.3.7'];

export const behaviours: readonly Behaviour[] = [...serverBehaviours, ...inBrowsers].filter(
  ({ notInBrowsers }) => !notInBrowsers,
);

export const cases: readonly Case[] = behaviours.flatMap((behaviour) =>
  servers
    .filter((server) => server === '4.8.4' || !inBrowsers.includes(behaviour))
    .flatMap((server) =>
      (behaviour.on ? [behaviour.on] : transports)
        // A server's limitation is the same in every engine.
        .filter((transport) => !reasonFor(behaviour, server, transport))
        .map((transport) => ({
          key: `${behaviour.name} | ${server} | ${transport}`,
          behaviour,
          server,
          transport,
        })),
    ),
);
