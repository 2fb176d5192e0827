/** Formats a time in milliseconds since 1970. */

/** For files: ISO 8601. */
export const isoTime = (dateMs: number): string => new Date(dateMs).toISOString();

/** In the format of `Date.prototype.toString`. */
export const dateText = (dateMs: number): string => `${new Date(dateMs)}`;

/** Milliseconds since 1970, or `undefined` if the text is not a time. */
export function parseTime(text: string): number | undefined {
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? undefined : dateMs;
}

/** For people: `14:03:22.417`, local time. */
export function timeOfDay(dateMs: number): string {
  const date = new Date(dateMs);
  const two = (value: number): string => String(value).padStart(2, '0');
  const ms = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${ms}`;
}
