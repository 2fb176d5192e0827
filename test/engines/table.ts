import type { Behaviour } from '../generations/behaviour.js';
import { aligned, piped } from '../support/tables.js';
import type { Case } from './cases.js';
import { engines } from './engines.js';

/** The table of results: every behaviour in every engine. */

export class Results {
  readonly #versions = new Map<string, string>();
  readonly #outcomes = new Map<string, string>();

  constructor(
    private readonly behaviours: readonly Behaviour[],
    private readonly cases: readonly Case[],
  ) {}

  get names(): string[] {
    return this.behaviours.map(({ name, on }) => (on ? `${name} (${wordFor[on]})` : name));
  }

  /** Records the version of a started engine. */
  started(engine: string, version: string): void {
    this.#versions.set(engine, version);
  }

  note(engine: string, key: string, outcome: string): void {
    this.#outcomes.set(`${engine} | ${key}`, outcome);
  }

  /** Whether every case was tested. */
  get complete(): boolean {
    return this.#outcomes.size === this.cases.length * engines.length;
  }

  get head(): string[] {
    return ['behaviour', ...engines.map(({ name }) => `${name} ${this.#versions.get(name) ?? ''}`.trim())];
  }

  get rows(): string[][] {
    return this.behaviours.map((behaviour, index) => [
      this.names[index] ?? '',
      ...engines.map(({ name }) => {
        const outcomes = this.cases
          .filter((one) => one.behaviour === behaviour)
          .map(({ key }) => this.#outcomes.get(`${name} | ${key}`) ?? 'not tested');
        return outcomes.find((outcome) => outcome !== 'yes') ?? 'yes';
      }),
    ]);
  }
}

const wordFor = { websocket: 'WebSocket', polling: 'polling' };

export const markdown = ({ head, rows }: Results): string => piped(head, rows);
export const plain = ({ head, rows }: Results): string => aligned([head, ...rows]);
