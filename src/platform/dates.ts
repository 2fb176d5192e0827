/** How a time of day, in milliseconds since 1970, is written. */

/** For files: ISO 8601. */
export const isoTime = (dateMs: number): string => new Date(dateMs).toISOString();

/** As `Date.prototype.toString` has it. */
export const dateText = (dateMs: number): string => `${new Date(dateMs)}`;

/** Milliseconds since 1970, or nothing where the text is no time. */
export function parseTime(text: string): number | undefined {
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? undefined : dateMs;
}

/** For people: `14:03:22.417`, by the clock on the wall. */
export function timeOfDay(dateMs: number): string {
  const date = new Date(dateMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const ms = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
}
