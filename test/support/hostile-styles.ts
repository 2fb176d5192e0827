/** Style sheets of a page that hide, cover, move or restyle everything: each with its effect. */
export const STYLES: readonly (readonly [string, string])[] = [
  [
    'hides everything',
    '* { display: none !important; visibility: hidden !important; opacity: 0 !important }',
  ],
  ['hides the root element', 'html { display: none !important; content-visibility: hidden !important }'],
  ['hides the body', 'body { display: none !important }'],
  ['unsets everything', '* { all: unset !important }'],
  ['reverts everything', '*, *::before, *::after { all: revert !important; all: initial !important }'],
  ['hides in the highest layer', '@layer a { * { display: none !important; position: static !important } }'],
  [
    'transforms, clips and fades the root element',
    `html { opacity: 0 !important; filter: blur(9px) invert(1) !important; transform: scale(.2) rotate(9deg) !important;
      clip-path: inset(100%) !important; mask: linear-gradient(transparent, transparent) !important; contain: strict !important;
      overflow: clip !important; width: 0 !important; height: 0 !important; perspective: 9px; mix-blend-mode: difference; isolation: isolate }`,
  ],
  ['zooms', 'html { zoom: 3 !important } body { zoom: .5 }'],
  [
    'restyles the elements that the panel has',
    `div, section, header, button, table, tr, th, td, span, i, b, p, pre, ul, ol, li, h2, input, select, option, figure, svg, path {
      color: red !important; background: lime !important; position: fixed !important; font: 99px fantasy !important; display: inline !important;
      pointer-events: none !important; fill: red !important; stroke: red !important; float: right !important; margin: 50px !important }`,
  ],
  [
    'restyles classes and parts of the panel',
    `.panel, .head, .tabs, .tool, .state, .row, .grid, .page, .dot, ::part(panel), ::slotted(*), [hidden] { display: flex !important;
      color: red !important; transform: scale(3) !important }`,
  ],
  [
    'makes the element small, transparent and unreachable',
    `holdfast-inspector, [dock], [popover], :popover-open, html > :last-child { display: none !important; width: 1px !important;
      height: 1px !important; inset: auto !important; z-index: -1 !important; pointer-events: none !important; transform: scale(0) !important;
      opacity: 0 !important; position: absolute !important; overflow: hidden !important; clip-path: circle(0) !important;
      color: red !important; background: red !important; border: 9px solid red !important; padding: 50px !important; margin: 50px !important;
      max-height: 3px !important; cursor: none !important; user-select: none !important; zoom: 2 !important; contain: size !important }`,
  ],
  [
    'draws over the element',
    `holdfast-inspector::before, holdfast-inspector::after, ::backdrop, holdfast-inspector::backdrop { content: "over" !important;
      position: fixed !important; inset: 0 !important; background: red !important; z-index: 2147483647 !important; display: block !important;
      pointer-events: auto !important }`,
  ],
  [
    'covers the window',
    'main { position: fixed; inset: 0; z-index: 2147483647 !important; background: red; pointer-events: auto }',
  ],
  [
    'passes on what is inherited',
    `html { font: italic 900 40px/3 fantasy !important; color: red !important; letter-spacing: 9px !important; word-spacing: 40px !important;
      text-transform: uppercase !important; direction: rtl !important; writing-mode: vertical-rl !important; text-align: center !important;
      cursor: none !important; user-select: none !important; visibility: hidden !important; pointer-events: none !important;
      -webkit-text-fill-color: transparent !important; -webkit-text-security: disc !important; text-indent: 99px !important;
      white-space: pre !important; hyphens: auto !important; color-scheme: dark !important; accent-color: red !important;
      text-shadow: 0 0 9px red !important; caret-color: transparent !important; font-variant: small-caps !important;
      line-break: anywhere !important; tab-size: 40 !important; quotes: "x" "y" !important; list-style: square !important;
      border-collapse: separate !important; border-spacing: 50px !important; caption-side: bottom !important;
      text-orientation: upright !important; text-size-adjust: 300% !important; forced-color-adjust: none; interpolate-size: allow-keywords }
      * { letter-spacing: inherit !important; font: inherit !important; color: inherit !important }`,
  ],
  [
    'sets and registers the custom properties of the panel',
    `* { --bg: red !important; --bg-2: red !important; --text: red !important; --line: red !important; --size: 9px !important; --accent: red !important }
      @property --bg { syntax: '<color>'; inherits: false; initial-value: red }
      @property --text { syntax: '<color>'; inherits: false; initial-value: red }
      @property --size { syntax: '<length>'; inherits: false; initial-value: 1px }`,
  ],
  [
    'animates and delays',
    `@keyframes hide { from, to { visibility: hidden; opacity: 0; transform: translateY(9000px); display: none } }
      @keyframes pulse { from, to { opacity: 0 } }
      * { animation: hide 1s infinite !important; transition: all 1000s 1000s !important }`,
  ],
];
