import { aligned, piped } from '../support/tables.js';
import { type Behaviour, reasonFor } from './behaviour.js';
import { type ServerName, serverNames, type Transport, transports } from './names.js';

/** The table of results: every behaviour with every server. */

/** The transports over which a behaviour is tested. */
export const transportsOf = ({ on }: Behaviour): readonly Transport[] => (on ? [on] : transports);

type Outcome = 'yes' | 'FAILED';

export class Outcomes {
  readonly #outcomes = new Map<string, Outcome>();
  readonly #behaviours: readonly Behaviour[];

  constructor(behaviours: readonly Behaviour[]) {
    this.#behaviours = behaviours;
  }

  note(behaviour: Behaviour, server: ServerName, transport: Transport, outcome: Outcome): void {
    this.#outcomes.set(keyOf(behaviour, server, transport), outcome);
  }

  /** Whether every combination was tested. */
  get complete(): boolean {
    return this.#behaviours.every((behaviour) =>
      serverNames.every((server) =>
        transportsOf(behaviour).every((transport) => this.#outcomes.has(keyOf(behaviour, server, transport))),
      ),
    );
  }

  /** The rows, with footnote numbers, and the reasons in the order of their numbers. */
  lines(mark: (text: string) => string): { head: string[]; rows: string[][]; reasons: string[] } {
    const reasons: string[] = [];
    const rows = this.#behaviours.map((behaviour) => [
      behaviour.on ? `${behaviour.name} (${wordFor[behaviour.on]})` : behaviour.name,
      ...serverNames.map((server) => {
        const results = transportsOf(behaviour).map(
          (transport) => this.#outcomes.get(keyOf(behaviour, server, transport)) ?? 'not tested',
        );
        const worst = results.find((outcome) => outcome !== 'yes');
        if (worst) return worst;
        const tried = transportsOf(behaviour);
        const cannot = tried.filter((transport) => reasonFor(behaviour, server, transport));
        const reason = cannot[0] && reasonFor(behaviour, server, cannot[0]);
        if (!reason) return 'yes';
        if (!reasons.includes(reason)) reasons.push(reason);
        const able = tried.find((transport) => !cannot.includes(transport));
        return `${able ? wordFor[able] : '–'}${mark(String(reasons.indexOf(reason) + 1))}`;
      }),
    ]);
    return { head: ['behaviour', ...serverNames], rows, reasons };
  }
}

const wordFor = { websocket: 'WebSocket', polling: 'polling' };

const keyOf = ({ name }: Behaviour, server: ServerName, transport: Transport): string =>
  `${name} | ${server} | ${transport}`;

export function markdown(outcomes: Outcomes): string {
  const { head, rows, reasons } = outcomes.lines((number) => ` <sup>${number}</sup>`);
  return [piped(head, rows), '', ...reasons.map((reason, index) => `${index + 1}. ${reason}`)].join('\n');
}

export function plain(outcomes: Outcomes): string {
  const { head, rows, reasons } = outcomes.lines((number) => ` (${number})`);
  return [aligned([head, ...rows]), '', ...reasons.map((reason, index) => `(${index + 1}) ${reason}`)].join(
    '\n',
  );
}
