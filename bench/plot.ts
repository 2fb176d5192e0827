import { writeFile } from 'node:fs/promises';
import { type PlotOptions, plot, type TextOptions, text } from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { root } from './environment.js';

/** Draws the plots in docs: SVG that is readable on light and dark backgrounds. */

/** The colours of a plot's marks, defined in the style below. */
export const colours = {
  holdfast: 'var(--holdfast)',
  official: 'var(--official)',
  bare: 'var(--bare)',
  faint: 'var(--faint)',
  line: 'var(--line)',
  target: 'var(--target)',
} as const;

const style = `
  svg { --holdfast: #0a67c2; --official: #c2410c; --bare: #7c3aed; --faint: #6b7280; --line: #8885;
    --target: #15803d; color: #222 }
  @media (prefers-color-scheme: dark) {
    svg { --holdfast: #6cb6ff; --official: #ff9d5c; --bare: #c4a5ff; --faint: #9ca3af;
      --target: #4ade80; color: #ddd }
  }
`;

/** A text at an offset in pixels from the upper left corner of the plot. */
export const label = (line: string, dx: number, dy: number, options: TextOptions): ReturnType<typeof text> =>
  text([line], { frameAnchor: 'top-left', dx, dy, ...options });

const { document } = parseHTML('<!doctype html><html lang="en"><body></body></html>');

/** @param about a sentence that describes the plot, for screen readers */
export async function draw(file: string, about: string, options: PlotOptions): Promise<void> {
  const svg = plot({ ...options, document, style: { fontSize: '13px' } });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', about);
  const styleElement = document.createElement('style');
  styleElement.textContent = style;
  svg.prepend(styleElement);
  await writeFile(new URL(`docs/${file}`, root), `${svg.outerHTML}\n`);
}
