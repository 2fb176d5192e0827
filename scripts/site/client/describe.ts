/** Describes a value in one line, like the console of a browser. */
export function described(value: unknown, depth = 0): string {
  if (typeof value === 'string') return depth === 0 ? value : value;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (value instanceof Error) {
    const code = (value as { code?: unknown }).code;
    return `${value.name === 'Error' && code ? String(code) : value.name}: ${value.message}`;
  }
  if (value instanceof Date) return value.toISOString();
  if (depth > 2) return '…';
  if (value instanceof ArrayBuffer) return `ArrayBuffer(${value.byteLength})`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${value.byteLength})`;
  if (Array.isArray(value)) return `[${value.map((one) => described(one, depth + 1)).join(', ')}]`;
  const name = value.constructor?.name ?? 'Object';
  if (name !== 'Object') return name;
  const members = Object.entries(value).map(([key, member]) => `${key}: ${described(member, depth + 1)}`);
  return `{${members.join(', ')}}`;
}
