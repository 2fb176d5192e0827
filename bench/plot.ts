import { writeFile } from 'node:fs/promises';
import { type PlotOptions, plot, type TextOptions, text } from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { root } from './environment.js';

/** Draws into docs: SVG that can be read on light and on dark ground. */

/** For the marks of a plot. What they are is in the style below. */
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

/** So many pixels from the upper left corner of the plot. */
export const words = (line: string, dx: number, dy: number, look: TextOptions): ReturnType<typeof text> =>
  text([line], { frameAnchor: 'top-left', dx, dy, ...look });

const { document } = parseHTML('<!doctype html><html lang="en"><body></body></html>');

/** @param about the plot in a sentence, for people who do not see it */
export async function draw(file: string, about: string, options: PlotOptions): Promise<void> {
  const svg = plot({ ...options, document, style: { fontSize: '13px' } });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', about);
  const ground = document.createElement('style');
  ground.textContent = style;
  svg.prepend(ground);
  await writeFile(new URL(`docs/${file}`, root), `${svg.outerHTML}\n`);
}
