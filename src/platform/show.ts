/** Formats a value of any kind for an error message. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  try {
    return Array.isArray(value) ? `[${value.map(show).join(', ')}]` : String(value);
  } catch {
    return typeof value;
  }
}
