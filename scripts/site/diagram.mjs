// Draws the state diagrams of the documents, which are written in Mermaid, as SVG. Graphviz does the layout, while the site is built.
import { instance } from '@viz-js/viz';

/**
 * @param {string} source A `stateDiagram-v2`, or a `flowchart TD`: only the features that the documents use.
 * @returns {Promise<string>}
 */
export async function drawDiagram(source) {
  const viz = await instance();
  const svg = viz.renderString(source.startsWith('stateDiagram') ? states(source) : flowchart(source), {
    format: 'svg',
    engine: 'dot',
  });
  const [, width = '0'] = /<svg width="(\d+)pt"/.exec(svg) ?? [];
  return svg
    .slice(svg.indexOf('<svg'))
    .replace(/<!--[\s\S]*?-->\n?/g, '')
    .replace(/<title>[\s\S]*?<\/title>\n?/g, '')
    .replace(
      /<svg width="\d+pt" height="\d+pt"/,
      `<svg role="img" aria-label="Diagram" width="${width}" style="min-width: ${Math.round(Number(width) * 0.85)}px"`,
    )
    .replaceAll('black', 'currentColor');
}

const STYLE = `bgcolor=transparent; nodesep=0.55; ranksep=0.5;
  node [shape=box, style=rounded, fontname="Helvetica", fontsize=13, margin="0.24,0.08"];
  edge [fontname="Helvetica", fontsize=11, arrowsize=0.7];`;

/** @param {string} source */
function states(source) {
  const steps = [...source.matchAll(/^ {2}(\S+) --> (\w+)(?:: (.*))?$/gm)].map(([, from, to, label = '']) => {
    const start = from === '[*]' ? '_start' : from;
    return `"${start}" -> "${to}" [label="  ${label.replaceAll(', ', ',\\n')}  "];`;
  });
  return `digraph { ${STYLE} "_start" [shape=circle, style=filled, fillcolor=black, label="", width=0.15]; ${steps.join('\n')} }`;
}

/** @param {string} source */
function flowchart(source) {
  const nodes = [...source.matchAll(/^ {2}(\w+)(?:\[|\(\[)"(.*?)"(?:\]|\]\))$/gm)].map(
    ([, id, label = '']) => `"${id}" [label="${label.replace(/(.{24,}?), /g, '$1,\\n')}"];`,
  );
  const edges = [...source.matchAll(/^ {2}(\w+) (-->|-\.->) (\w+)$/gm)].map(
    ([, from, kind, to]) => `"${from}" -> "${to}" [style=${kind === '-->' ? 'solid' : 'dotted'}];`,
  );
  return `digraph { rankdir=LR; ${STYLE} nodesep=0.15; ranksep=0.35; ${[...nodes, ...edges].join('\n')} }`;
}
