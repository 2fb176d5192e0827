import { type Behaviour, reasonFor } from '../generations/behaviour.js';
import { behaviours as ofEveryServer } from '../generations/behaviours/index.js';
import { type ServerName, type Transport, transports } from '../generations/names.js';
import { inBrowsers } from './behaviours/index.js';

/** What is played in each engine: the behaviours that hold with every server, and those that only a browser shows. */

export interface Case {
  readonly key: string;
  readonly behaviour: Behaviour;
  readonly server: ServerName;
  readonly transport: Transport;
}

export interface Outcome {
  readonly key: string;
  readonly error?: string;
}

/** Today's server, and the one that the oldest programs still talk to. */
const servers: readonly ServerName[] = ['4.8.4', '1.3.7'];

export const behaviours: readonly Behaviour[] = [...ofEveryServer, ...inBrowsers].filter(
  ({ notInBrowsers }) => !notInBrowsers,
);

export const cases: readonly Case[] = behaviours.flatMap((behaviour) =>
  servers
    .filter((server) => server === '4.8.4' || !inBrowsers.includes(behaviour))
    .flatMap((server) =>
      (behaviour.on ? [behaviour.on] : transports)
        // What a server cannot do, no engine changes.
        .filter((transport) => !reasonFor(behaviour, server, transport))
        .map((transport) => ({
          key: `${behaviour.name} | ${server} | ${transport}`,
          behaviour,
          server,
          transport,
        })),
    ),
);
