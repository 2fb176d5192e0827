/** Reads fields of parsed JSON, each with its type and range. What is missing or wrong ends in one sentence for the user. */

import { MAX_MS } from './clean.js';

/** A file that is not a log, or a damaged one. The message is for the user who has chosen the file. */
export class LogError extends Error {}

interface Range {
  readonly max?: number;
  readonly integer?: boolean;
}

/** The fields of one object of a log. */
export class Fields {
  private readonly object: { readonly [name: string]: unknown };

  /** @param where names the object in messages; only asked when something is wrong */
  constructor(
    value: unknown,
    private readonly where: () => string,
  ) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new LogError(`This log is damaged: ${where()} is not an object.`);
    }
    this.object = value as { readonly [name: string]: unknown };
  }

  private get(name: string): unknown {
    return Object.hasOwn(this.object, name) ? this.object[name] : undefined;
  }

  private wrong(name: string, wanted: string): never {
    throw new LogError(`This log is damaged: ${this.where()}.${name} is not ${wanted}.`);
  }

  text(name: string): string {
    const value = this.get(name);
    return typeof value === 'string' ? value : this.wrong(name, 'a text');
  }

  /** JSON has no `undefined`: programs write `null` for it, too. */
  optionalText(name: string): string | undefined {
    return (this.get(name) ?? undefined) === undefined ? undefined : this.text(name);
  }

  number(name: string, { max = MAX_MS, integer = false }: Range = {}): number {
    const value = this.get(name);
    const fits =
      typeof value === 'number' && value >= 0 && value <= max && (!integer || Number.isInteger(value));
    return fits ? value : this.wrong(name, `a ${integer ? 'whole ' : ''}number from 0 to ${max}`);
  }

  optionalNumber(name: string, range?: Range): number | undefined {
    return (this.get(name) ?? undefined) === undefined ? undefined : this.number(name, range);
  }

  choice<Value extends string>(name: string, values: readonly Value[]): Value {
    const value = this.get(name) as Value;
    return values.includes(value) ? value : this.wrong(name, `one of ${values.join(', ')}`);
  }

  flag(name: string): boolean {
    const value = this.get(name);
    return typeof value === 'boolean' ? value : this.wrong(name, 'true or false');
  }

  optionalFlag(name: string): boolean | undefined {
    return (this.get(name) ?? undefined) === undefined ? undefined : this.flag(name);
  }

  list(name: string, max: number): readonly unknown[] {
    const value = this.get(name);
    if (!Array.isArray(value)) return this.wrong(name, 'a list');
    if (value.length > max) {
      throw new LogError(
        `This log is too large: ${this.where()}.${name} has ${value.length} entries; at most ${max} can be read.`,
      );
    }
    return value;
  }

  child(name: string): Fields {
    return new Fields(this.get(name), () => `${this.where()}.${name}`);
  }

  optionalObject(name: string): Fields | undefined {
    return (this.get(name) ?? undefined) === undefined ? undefined : this.child(name);
  }

  /** A time of day that a log could have been saved at, in milliseconds since 1970. */
  date(name: string, parse: (text: string) => number | undefined): number {
    const dateMs = parse(this.text(name));
    return dateMs !== undefined && dateMs >= 0 && dateMs <= 4_102_444_800_000
      ? dateMs
      : this.wrong(name, 'a time between 1970 and 2100');
  }
}
