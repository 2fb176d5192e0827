/** The styles of the panel, in light and dark, for a constructed style sheet. */
import type { Page } from '../../../platform/page.js';

const DARK = `
  --bg: #15181d; --bg-2: #1b1f26; --bg-3: #252b34; --line: #323a45; --text: #e6e9ed; --soft: #9da7b3;
  --accent: #71b1ff; --accent-bg: #16324f; --accent-fill: #1f66b8; --accent-strong: #2b78d1; --ok: #57c76b; --warn: #e0ab3f; --bad: #ff7f79; --in: #71b1ff; --out: #c99bff;
  --ok-fill: #2e9e49; --warn-fill: #b98217; --bad-fill: #d64f48; --idle-fill: #59636e; --busy-fill: #3880d6; --open: #2f5a8c; --shake: #4c93e6; --join: #35a951;
  --shadow: 0 -6px 24px rgb(0 0 0 / 35%);
  color-scheme: dark;
`;

/*
 * The styles of a page affect only the host element, and the properties that its children inherit. An important declaration of the shadow
 * root overrides every declaration of the page, so everything that a page could set is set here. Colours are set inside.
 */
const STYLES = `
:host {
  all: initial !important;
  display: block !important;
  direction: ltr !important;
  unicode-bidi: isolate !important;
}
:host([hidden]) { display: none !important; }
:host::before, :host::after, :host::backdrop { content: none !important; display: none !important; }
:host([dock=bottom]) { position: fixed !important; inset: auto 0 0 0 !important; z-index: 2147483647 !important; }
:host([dock=right]) { position: fixed !important; inset: 0 0 0 auto !important; z-index: 2147483647 !important; }
:host([dock=inside]) { position: relative !important; height: 100% !important; min-height: 200px !important; }
:host([dock=inside][collapsed]) { min-height: 0 !important; height: auto !important; }
:host([dock=right][collapsed]) { inset: auto 0 0 auto !important; }
[hidden] { display: none !important; }
* { box-sizing: border-box; }
.panel {
  --bg: #fff; --bg-2: #f6f7f9; --bg-3: #eceff3; --line: #d9dee5; --text: #1c2128; --soft: #59636e;
  --accent: #0a5cc2; --accent-bg: #dcebfd; --accent-fill: #0a5cc2; --accent-strong: #084c9f; --ok: #1a7f37; --warn: #8a5b00; --bad: #c1272d; --in: #0a5cc2; --out: #8133c9;
  --ok-fill: #2da44e; --warn-fill: #d29922; --bad-fill: #e5534b; --idle-fill: #afb8c1; --busy-fill: #4d9bf0; --open: #8ab8f0; --shake: #3f86dd; --join: #2da44e;
  --shadow: 0 -6px 24px rgb(20 30 45 / 14%);
  color-scheme: light;
  position: relative; display: flex; flex-direction: column; height: 100%; min-width: 0; overflow: hidden;
  background: var(--bg); color: var(--text); font: 12px/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums;
  container-type: inline-size; text-align: start; -webkit-text-size-adjust: 100%; -webkit-user-select: text; user-select: text;
}
@media (prefers-color-scheme: dark) {
  :host(:not([theme=light])) .panel {${DARK}}
}
:host([theme=dark]) .panel {${DARK}}
:host([dock=bottom]) .panel { height: min(var(--size, 360px), 85vh); border-top: 1px solid var(--line); box-shadow: var(--shadow); }
:host([dock=right]) .panel { width: min(var(--size, 480px), 100vw); border-inline-start: 1px solid var(--line); box-shadow: var(--shadow); }
:host([dock=inside]) .panel { border: 1px solid var(--line); border-radius: 8px; }
:host([collapsed]) .panel { height: auto; }
:host([dock=right][collapsed]) .panel { border-top: 1px solid var(--line); }
:host([collapsed]) .pages, :host([collapsed]) .grip, :host([collapsed]) .tabs, :host([collapsed]) .notice, :host([collapsed]) .nothing { display: none; }
button, input, select { font: inherit; color: inherit; margin: 0; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; border-radius: 4px; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.icon { width: 16px; height: 16px; fill: none; stroke: currentColor; stroke-width: 1.5; stroke-linecap: round; stroke-linejoin: round; flex: none; }
.grip { position: absolute; z-index: 2; touch-action: none; }
:host([dock=inside]) .grip { display: none; }
:host([dock=bottom]) .grip { inset: 0 0 auto 0; height: 6px; cursor: ns-resize; }
:host([dock=right]) .grip { inset: 0 auto 0 0; width: 6px; cursor: ew-resize; }
.grip:hover, .grip:focus-visible { background: var(--accent); outline: none; opacity: .6; }

header { display: flex; flex: none; align-items: stretch; min-height: 34px; background: var(--bg-2); border-bottom: 1px solid var(--line); }
:host([collapsed]) header { border-bottom: 0; }
.state { display: flex; align-items: center; gap: 7px; padding: 0 10px 0 12px; white-space: nowrap; min-width: 0; }
.state b { font-weight: 600; }
.state .facts { color: var(--soft); overflow: hidden; text-overflow: ellipsis; }
.dot { width: 9px; height: 9px; border-radius: 50%; flex: none; background: var(--idle-fill); }
[data-state=connected] > .dot { background: var(--ok-fill); }
[data-state=connecting] > .dot, [data-state=reconnecting] > .dot { background: var(--busy-fill); animation: pulse 1.2s infinite ease-in-out; }
[data-state=waiting] > .dot { background: var(--warn-fill); }
[data-state=offline] > .dot { background: var(--bad-fill); }
[data-state=saved] > .dot { border-radius: 2px; background: var(--soft); }
[data-saved] header { background: repeating-linear-gradient(135deg, var(--bg-2) 0 8px, var(--bg-3) 8px 16px); }
[data-saved] [data-state=joined] > .dot { background: var(--idle-fill); }
[data-saved] .strip [data-state=connected] { background: #59636e; }
[data-saved] .journal [data-mood=good] td:last-child { color: inherit; }
@keyframes pulse { 50% { opacity: .35; } }
@media (prefers-reduced-motion: reduce) { .dot { animation: none !important; } }
.which { max-width: 220px; margin: auto 6px auto 0; }
select, input[type=search] {
  height: 24px; border: 1px solid var(--line); border-radius: 5px; background: var(--bg); padding: 0 6px; min-width: 0;
}
input[type=search] { flex: 1 1 140px; max-width: 260px; }
input::placeholder { color: var(--soft); opacity: 1; }
.tabs { display: flex; flex: 1 1 auto; min-width: 0; overflow-x: auto; scrollbar-width: none; border-inline-start: 1px solid var(--line); padding-inline-start: 4px; }
.tabs button { border: 0; background: none; padding: 0 10px; color: var(--soft); white-space: nowrap; box-shadow: inset 0 -2px transparent; cursor: pointer; }
.tabs button:hover { color: var(--text); }
.tabs button[aria-selected=true] { color: var(--text); font-weight: 600; box-shadow: inset 0 -2px var(--accent); }
.tools { display: flex; align-items: center; gap: 1px; padding: 0 6px; margin-inline-start: auto; }
.tool { display: inline-flex; align-items: center; justify-content: center; gap: 4px; min-width: 26px; height: 26px; border: 0; border-radius: 5px; background: none; color: var(--soft); cursor: pointer; padding: 0 5px; white-space: nowrap; }
.tool:hover { background: var(--bg-3); color: var(--text); }
.tool.word { color: var(--text); }
.notice { flex: none; display: flex; gap: 8px; align-items: center; padding: 4px 12px; border-bottom: 1px solid var(--line); background: var(--bg-3); }
.notice[data-mood=bad] { color: var(--bad); }
.notice .tool { margin-inline-start: auto; }
.dropping .pages::after { content: "Drop a saved log to open it"; position: absolute; inset: 0; display: grid; place-items: center; background: var(--accent-bg); color: var(--text); font-size: 14px; border: 2px dashed var(--accent); z-index: 3; }

.nothing { flex: 1 1 auto; padding: 24px 16px; max-width: 480px; margin-inline: auto; text-align: center; font-size: 13px; }
.primary { border: 0; border-radius: 6px; padding: 6px 14px; background: var(--accent-fill); color: #fff; font-weight: 600; cursor: pointer; }
.primary:hover { background: var(--accent-strong); }
.primary[aria-disabled] { opacity: .6; cursor: progress; }
.primary:focus-visible { outline-offset: 2px; }
.doctor { padding: 12px; }
.lead { display: flex; flex-wrap: wrap; gap: 6px 12px; align-items: center; }
.verdict { margin: 0; font-weight: 600; }
.verdict[data-ok=true] { color: var(--ok); }
.verdict[data-ok=false] { color: var(--bad); }
.about { margin: 10px 0 0; max-width: 72ch; color: var(--soft); }
.findings { list-style: none; margin: 10px 0 0; padding: 0; max-width: 90ch; }
.findings li { display: flex; gap: 10px; padding: 6px 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
.findings .icon { margin-top: 1px; stroke-width: 2; color: var(--ok); }
.findings [data-ok=false] .icon { color: var(--bad); }
.findings span { display: block; }
.findings span::first-letter, .change::first-letter { text-transform: uppercase; }
.change { margin: 4px 0 2px; padding: 3px 8px; border-inline-start: 3px solid var(--bad-fill); background: var(--bg-2); }

.pages { position: relative; flex: 1 1 auto; min-height: 0; }
.pages > [role=tabpanel] { position: absolute; inset: 0; }
.page { height: 100%; min-height: 0; }
.scroll { overflow: auto; overscroll-behavior: contain; }
.empty { margin: 0; padding: 14px 12px; color: var(--soft); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: start; vertical-align: top; font-weight: 400; padding: 2px 12px 2px 0; }
th:first-child, td:first-child { padding-inline-start: 12px; }
.rows thead th { position: sticky; top: 0; background: var(--bg); color: var(--soft); padding-block: 4px; box-shadow: inset 0 -1px var(--line); white-space: nowrap; z-index: 1; }
.rows tbody tr:nth-child(even) { background: var(--bg-2); }
.rows td { white-space: nowrap; }
.rows td:last-child { white-space: normal; overflow-wrap: anywhere; min-width: 140px; width: 99%; }
.rows tbody th { font-weight: 600; }
.stored caption { padding: 12px 12px 4px; text-align: start; font-weight: 600; }

.times { display: inline-block; margin-inline-end: 8px; padding: 0 7px; border-radius: 9px; background: var(--bg-3); color: var(--text); font-weight: 600; line-height: 1.5; white-space: nowrap; }
.overview { display: flex; }
.charts { flex: 1 1 56%; min-width: 0; padding: 10px 12px; }
.journal { flex: 1 1 44%; min-width: 0; border-inline-start: 1px solid var(--line); }
.journal tbody th { font-weight: 400; color: var(--soft); }
.journal .time { color: var(--soft); }
.journal [data-mood=bad] td:last-child { color: var(--bad); }
.journal [data-mood=good] td:last-child { color: var(--ok); }
.rows td .dot { display: inline-block; margin-inline-end: 6px; }
.rows [data-state=joined] .dot { background: var(--ok-fill); }
.rows [data-state=joining] .dot { background: var(--busy-fill); }
.rows [data-state=refused] .dot { background: var(--bad-fill); }
.rows [data-state=refused] td:last-child { color: var(--bad); }
.strip { position: relative; height: 22px; border-radius: 5px; overflow: hidden; background: var(--bg-3); }
.strip i { position: absolute; top: 0; bottom: 0; min-width: 2px; padding: 0 6px; font: 600 11px/22px system-ui, sans-serif; color: #fff; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; background: var(--idle-fill); box-shadow: inset 1px 0 var(--bg); }
.strip i[data-state=idle], .strip i[data-state=closed] { color: var(--text); background: var(--bg-3); }
.strip i[data-state=connected] { background: #1f7a38; }
.strip i[data-state=connecting], .strip i[data-state=reconnecting] { background: #1f66b8; }
.strip i[data-state=waiting] { background: #8a5b00; }
.strip i[data-state=offline] { background: #b3312b; }
.scale { display: flex; justify-content: space-between; color: var(--soft); font-size: 11px; padding-top: 2px; }
.plots { display: grid; grid-template-columns: 1fr 1fr; gap: 10px 24px; padding-top: 8px; }
.plot { margin: 0; min-width: 0; }
.plot figcaption { display: flex; justify-content: space-between; gap: 8px; color: var(--soft); white-space: nowrap; }
.plot .now { color: var(--text); overflow: hidden; text-overflow: ellipsis; }
.canvas { position: relative; height: 64px; }
.canvas svg { display: block; width: 100%; height: 100%; }
.canvas .most { position: absolute; top: 2px; inset-inline-end: 0; font-size: 10px; color: var(--soft); background: var(--bg); padding-inline-start: 4px; line-height: 1.2; }
.canvas path { fill: none; stroke-width: 1.5; vector-effect: non-scaling-stroke; }
.canvas .grid { stroke: var(--line); stroke-width: 1; stroke-dasharray: 2 3; }
.canvas .floor { stroke: var(--line); stroke-width: 1; }
.canvas .line-0 { stroke: var(--in); }
.canvas .line-1 { stroke: var(--out); }
.canvas .area { stroke: none; opacity: .13; }
.canvas .area.line-0 { fill: var(--in); }
.canvas .area.line-1 { fill: var(--out); }

.legend { display: flex; gap: 14px; margin: 0; padding: 8px 12px 0; color: var(--soft); }
.key { display: inline-block; width: 14px; height: 8px; border-radius: 2px; margin-inline-end: 5px; }
.open { background: var(--open); }
.handshake { background: var(--shake); }
.connect { background: var(--join); }
.rounds { list-style: none; margin: 0; padding: 2px 0 12px; }
.rounds li { padding: 8px 0 4px; }
.rounds li + li { border-top: 1px solid var(--line); margin-top: 6px; }
.rounds { max-width: 1400px; }
.rounds h2 { display: flex; gap: 10px; align-items: baseline; margin: 0 12px 2px; font: 600 12px/1.5 system-ui, sans-serif; }
.rounds time { font-weight: 400; color: var(--soft); }
.rounds table { table-layout: fixed; }
.column-0 { width: 116px; }
.column-2 { width: 84px; }
.column-3 { width: 34%; }
.rounds tbody th { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.rounds .number { text-align: end; white-space: nowrap; }
.rounds .outcome { overflow-wrap: anywhere; }
.rounds [data-outcome=failed] .outcome { color: var(--bad); }
.rounds [data-outcome=won] .outcome { color: var(--ok); }
.rounds [data-outcome="not needed"] { color: var(--soft); }
.bars { position: relative; height: 10px; margin: 4px 0; background: linear-gradient(var(--line), var(--line)) center / 100% 1px no-repeat; }
.bars i { position: absolute; top: 0; bottom: 0; min-width: 2px; border-radius: 2px; }
[data-outcome=failed] .bars i { background: var(--bad-fill); }
[data-outcome=failed] .bars i + i { opacity: .65; }
[data-outcome="not needed"] .bars i { background: var(--idle-fill); }
.hint { margin: 2px 12px 0; color: var(--soft); overflow-wrap: anywhere; }

.packets { display: flex; flex-direction: column; }
.bar { display: flex; flex-wrap: wrap; flex: none; gap: 6px; align-items: center; padding: 5px 10px; border-bottom: 1px solid var(--line); }
.count { color: var(--soft); margin-inline-start: auto; }
.switch { display: inline-flex; align-items: center; gap: 6px; height: 24px; border: 0; border-radius: 5px; background: none; padding: 0 6px; cursor: pointer; white-space: nowrap; }
.switch:hover { background: var(--bg-3); }
.switch i { position: relative; width: 24px; height: 14px; border-radius: 7px; background: var(--soft); }
.switch i::after { content: ""; position: absolute; top: 2px; inset-inline-start: 2px; width: 10px; height: 10px; border-radius: 50%; background: var(--bg); }
.switch[aria-checked=true] i { background: var(--accent); }
.switch[aria-checked=true] i::after { inset-inline-start: 12px; }
.split { display: flex; flex: 1 1 auto; min-height: 0; }
.list { position: relative; flex: 1 1 auto; min-width: 0; }
.list .empty { position: absolute; top: 24px; }
.grid[role=grid] { height: 100%; overflow: auto; overscroll-behavior: contain; contain: strict; overflow-anchor: none; }
.heads { position: sticky; top: 0; z-index: 1; background: var(--bg); color: var(--soft); box-shadow: inset 0 -1px var(--line); min-width: 520px; }
.space { position: relative; min-width: 520px; contain: layout; }
.visible { position: absolute; inset: 0 0 auto 0; will-change: transform; }
.row { display: grid; grid-template-columns: 96px 48px minmax(60px, 1fr) minmax(90px, 2.4fr) 68px 62px 68px; gap: 0 8px; height: 22px; line-height: 22px; padding: 0 12px; contain: strict; }
.row > span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.visible .row { cursor: default; }
.row[data-odd] { background: var(--bg-2); }
.row .c0, .row .c2, .row .c5 { color: var(--soft); }
.row .c4, .row .c5, .row .c6 { text-align: end; }
.row[data-direction=in] .c1 { color: var(--in); }
.row[data-direction=out] .c1 { color: var(--out); }
.visible .c3 { font-weight: 600; }
.row[data-kind=ack] .c3 { font-weight: 400; }
.row[data-kind=connect] .c3, .row[data-kind=disconnect] .c3 { font-weight: 400; color: var(--soft); }
.row[data-kind=connect_error] .c3 { color: var(--bad); }
.visible .row:hover { background: var(--bg-3); }
.visible .row[aria-selected=true] { background: var(--accent-bg); box-shadow: inset 3px 0 var(--accent); }
.visible .row[aria-selected=true] > span { color: var(--text); }
.details { position: relative; flex: 0 0 36%; min-width: 220px; border-inline-start: 1px solid var(--line); padding: 8px 12px; }
.details > .tool { position: absolute; top: 4px; inset-inline-end: 4px; font-size: 16px; }
.details h2 { font: 600 12px/1.5 system-ui, sans-serif; margin: 8px 0 2px; }
.details dl { margin: 0; }
.details dl div { display: flex; gap: 8px; }
.details dt { flex: 0 0 84px; color: var(--soft); }
.details dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
.details pre { margin: 0; padding: 8px; background: var(--bg-2); border: 1px solid var(--line); border-radius: 5px; font: 11px/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
.details .empty { padding: 0; }

@container (max-width: 1100px) {
  header { flex-wrap: wrap; }
  .state { flex: 1 1 auto; min-height: 34px; }
  .tabs { order: 3; flex-basis: 100%; min-height: 30px; border-inline-start: 0; border-top: 1px solid var(--line); }
}
@container (max-width: 900px) {
  .plots { grid-template-columns: 1fr; }
  .overview { display: block; overflow: auto; }
  .charts, .journal { overflow: visible; border-inline-start: 0; }
  .journal { border-top: 1px solid var(--line); }
  .split { flex-direction: column; }
  .details { flex: 0 1 45%; border-inline-start: 0; border-top: 1px solid var(--line); }
  .column-0 { width: 88px; }
  .column-2 { width: 72px; }
  .heads, .space { min-width: 0; }
  .row { grid-template-columns: 88px 38px minmax(40px, 1fr) minmax(60px, 2fr) 58px; }
  .row .c5, .row .c6 { display: none; }
}
@container (max-width: 520px) {
  .tabs { flex-wrap: wrap; padding-inline-start: 2px; }
  .tabs button { flex: 1 1 auto; min-height: 32px; padding: 0 6px; }
  .state { flex-basis: 0; flex-wrap: wrap; gap: 0 7px; padding-block: 4px; }
  .state .facts { white-space: normal; }
  .which { order: 2; flex: 1 1 100%; max-width: none; margin: 0 10px 6px; }
  .legend { flex-wrap: wrap; gap: 2px 14px; }
  .plot figcaption { flex-wrap: wrap; gap: 0 8px; }
  .plot .now { overflow: visible; }
  .rounds th, .rounds td { padding-inline-end: 6px; }
  .rounds .column-0 { width: 84px; }
  .rounds .column-1 { width: 64px; }
  .rounds .column-2 { width: 66px; }
  .rounds .column-3 { width: auto; }
  .bar { gap: 6px 4px; }
  .bar input[type=search] { flex: 1 1 90px; max-width: none; }
  .heads .row, .visible .row { grid-template-columns: 84px 42px minmax(34px, 1fr) minmax(56px, 2fr) 50px; gap: 0 4px; padding: 0 8px; }
  .journal tr { display: grid; grid-template-columns: auto 1fr; padding: 2px 12px; }
  .journal thead { display: none; }
  .journal td, .journal th { padding: 0 8px 0 0; }
  .journal td:last-child { grid-column: 1 / -1; padding: 0; }
  .stacked thead { display: none; }
  .stacked tr { display: block; padding: 6px 12px; }
  .stacked td, .stacked th { display: flex; gap: 8px; padding: 0; white-space: normal; overflow-wrap: anywhere; }
  .rows.stacked td:last-child { width: auto; }
  .stacked td::before { content: attr(data-label); flex: 0 0 84px; color: var(--soft); }
  .stacked [data-empty] { display: none; }
  .stacked .dot { align-self: center; }
}
`;

/**
 * Gives a shadow root its styles, in a way that strict pages allow.
 *
 * @returns the custom property that holds the size of a docked panel
 */
export function applyStyles(root: ShadowRoot, { window, document, dateMs }: Page): string {
  // A page can register custom properties for the whole document, so that ours would not be inherited: they get random names.
  const prefix = `--hf-${Math.round(dateMs()).toString(36)}-`;
  const styles = STYLES.replace(/--(?=[a-z])/g, prefix);
  if ('adoptedStyleSheets' in root) {
    const sheet = new window.CSSStyleSheet();
    sheet.replaceSync(styles);
    root.adoptedStyleSheets = [sheet];
  } else {
    // Safari before 16.4.
    const style = document.createElement('style');
    style.textContent = styles;
    (root as ShadowRoot).append(style);
  }
  return `${prefix}size`;
}
