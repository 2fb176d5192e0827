/** How figures look: short, and always of the same width where they stand below one another. */

const number = (value: number, digits: number): string => value.toFixed(digits);

/** `0.4 ms`, `12 ms`, `1.25 s`, `3 min`. */
export function duration(ms: number): string {
  if (ms < 9.95) return `${number(ms, 1)} ms`;
  if (ms < 999.5) return `${number(ms, 0)} ms`;
  if (ms < 60_000) return `${number(ms / 1_000, ms < 9_995 ? 2 : 1)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1_000)} s`;
  return `${Math.floor(ms / 3_600_000)} h ${Math.floor((ms % 3_600_000) / 60_000)} min`;
}

/** `120 B`, `3.4 kB`, `1.2 MB`. */
export function size(bytes: number): string {
  if (bytes < 1_000) return `${Math.round(bytes)} B`;
  if (bytes < 1_000_000) return `${number(bytes / 1_000, 1)} kB`;
  return `${number(bytes / 1_000_000, 1)} MB`;
}

export const plural = (count: number, one: string, many: string = `${one}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
