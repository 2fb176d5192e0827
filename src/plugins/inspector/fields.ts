/** Reads the fields of objects by tables, which give the type, range and cleaning of each. */
import { parseTime } from '../../platform/dates.js';
import { cleanId, cleanName, cleanText } from './clean.js';

/** A file that is not a log, or a damaged one. The message is for the user who chose the file. */
export class LogError extends Error {}

/** The longest time in milliseconds: no page is open for more than a thousand days. */
export const MAX_MS = 86_400_000_000;

/** How long a list of a log may be. Far more is never saved, so that later versions can keep more. */
const MAX_ENTRIES = 50_000;

export interface FieldType {
  /** Ends the sentence “… is not”. */
  readonly wanted: string;
  readonly isOptional?: boolean;
  fits(value: unknown): boolean;
  /** @param path names the field of a log in messages; `undefined` for an observed event, which is never rejected */
  clean(value: unknown, path?: string): unknown;
}

/** The fields of an object, by name. */
export interface Fields {
  readonly [name: string]: FieldType;
}

/** A table for objects of this type must have all of their fields. */
export type FieldsOf<Row> = { readonly [Name in keyof Row]-?: FieldType };

/**
 * A copy of an object with clean fields, and without fields that are not in the table.
 *
 * @param path names the object of a log in messages
 * @throws LogError for a log with a missing or wrong field; in an observed event, a wrong number becomes 0 or is omitted
 */
export function readFields(object: object, fields: Fields, path?: string): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const name of Object.keys(fields)) {
    const type = fields[name] as FieldType;
    const isOwn = path === undefined || Object.hasOwn(object, name);
    const value = isOwn ? (object as Record<string, unknown>)[name] : undefined;
    // JSON has no `undefined`: programs write `null` for it, too.
    if (type.isOptional && (value === undefined || value === null)) continue;
    const fits = type.fits(value);
    if (path === undefined) {
      if (fits || !type.isOptional) row[name] = type.clean(value);
    } else {
      const place = path ? `${path}.${name}` : name;
      if (!fits) throw new LogError(`This log is damaged: ${place} is not ${type.wanted}.`);
      row[name] = type.clean(value, place);
    }
  }
  return row;
}

const textField = (clean: (value: unknown) => string): FieldType => ({
  wanted: 'a text',
  fits: (value) => typeof value === 'string',
  clean: (value) => clean(value),
});

function numberField(max: number, isInteger: boolean): FieldType {
  const fits = (value: unknown): boolean =>
    typeof value === 'number' && value >= 0 && value <= max && (!isInteger || Number.isInteger(value));
  return {
    wanted: `a ${isInteger ? 'whole ' : ''}number from 0 to ${max}`,
    fits,
    clean: (value) => (fits(value) ? value : 0),
  };
}

export const text: FieldType = textField((value) => cleanText(value));
export const name: FieldType = textField(cleanName);
export const id: FieldType = textField(cleanId);
export const ms: FieldType = numberField(MAX_MS, false);
export const count: FieldType = numberField(Number.MAX_SAFE_INTEGER, true);
export const flag: FieldType = {
  wanted: 'true or false',
  fits: (value) => typeof value === 'boolean',
  clean: (value) => value === true,
};

/** A plausible time of day at which a log was saved. */
export const date: FieldType = {
  wanted: 'a time between 1970 and 2100',
  fits(value) {
    const dateMs = typeof value === 'string' ? parseTime(value) : undefined;
    return dateMs !== undefined && dateMs >= 0 && dateMs <= 4_102_444_800_000;
  },
  clean: (value) => value,
};

export const oneOf = (...values: readonly string[]): FieldType => ({
  wanted: `one of ${values.join(', ')}`,
  fits: (value) => values.includes(value as string),
  clean: (value) => value,
});

export const optional = (type: FieldType): FieldType => ({ ...type, isOptional: true });

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const objectOf = (fields: Fields): FieldType => ({
  wanted: 'an object',
  fits: isObject,
  clean: (value, path) => readFields(value as object, fields, path),
});

/**
 * A list, of which the newest entries are kept.
 *
 * @param entry the type of each entry; an entry that it cleans to `undefined` is omitted
 */
export const listOf = (entry: FieldType, kept: number, max: number = MAX_ENTRIES): FieldType => ({
  wanted: 'a list',
  fits: Array.isArray,
  clean(value, path) {
    const list = value as readonly unknown[];
    if (path !== undefined && list.length > max) {
      throw new LogError(
        `This log is too large: ${path} has ${list.length} entries; at most ${max} can be read.`,
      );
    }
    const rows: unknown[] = [];
    for (let i = Math.max(0, list.length - kept); i < list.length; i++) {
      const place = path === undefined ? undefined : `${path}[${i}]`;
      if (place !== undefined && !entry.fits(list[i]))
        throw new LogError(`This log is damaged: ${place} is not ${entry.wanted}.`);
      const row = entry.clean(list[i], place);
      if (row !== undefined) rows.push(row);
    }
    return rows;
  },
});
