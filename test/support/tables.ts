/** Tables as people read them: in Markdown, and in a terminal. */

/** @param others the alignment of the columns after the first */
export function piped(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  others: '---' | ':-:' = ':-:',
): string {
  return [head, head.map((_, column) => (column === 0 ? '---' : others)), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

export function aligned(lines: readonly (readonly string[])[]): string {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((cells) => (cells[column] ?? '').length)),
  );
  return lines
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
