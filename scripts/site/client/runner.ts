/** Runs the examples of a page: each in its own frame, whose connections lead to an in-memory server. */
import type { Report } from './frame.js';

/** The data that the build writes beside an example. */
interface Example {
  /** `component`: the script that shows it is at `file`. */
  readonly kind: 'module' | 'page' | 'component';
  /** The code that runs, if it differs from the displayed one. */
  readonly compiled?: string;
  readonly file?: string;
  readonly server: string;
}

const RUN = new URL('run/', document.baseURI);

/** A line inside a script must not end it. */
const inScript = (code: string): string => code.replaceAll('</script', '<\\/script');

function programOf(example: Example, source: string | undefined): string {
  const server = `<script type="module">${inScript(example.server)}</script>`;
  const given = `<script type="module" src="given.js"></script>`;
  const code = source ?? example.compiled ?? '';
  switch (example.kind) {
    case 'module':
      return `${server}${given}<aside id="aside"></aside><script type="module">${inScript(code)}</script>`;
    case 'component':
      return `${server}<div id="root"></div><script type="module" src="${example.file}"></script>`;
    case 'page':
      return `${server}${code.replace(/(["'])(?:[\w.:@/-]*\/)?(holdfast[\w.]*\.js)/g, `$1${RUN}dist/$2`)}`;
  }
}

/** The box below an example: console, events, and the example's own content. */
class Output {
  readonly element: HTMLElement;
  readonly #console: HTMLElement;
  readonly #wire: HTMLElement;
  readonly #holder: HTMLElement;
  readonly #status: HTMLElement;
  #frame: HTMLIFrameElement | undefined;

  constructor(
    private readonly _title: string,
    private readonly _whenStopped: () => void,
  ) {
    this.element = document.createElement('div');
    this.element.className = 'output';
    this.element.innerHTML = `
      <p class="output-status" role="status"></p>
      <div class="output-columns">
        <div><p class="label">Console</p><ol class="console" tabindex="0" aria-label="Console"></ol></div>
        <div><p class="label">Events</p><ol class="wire" tabindex="0" aria-label="Events"></ol></div>
      </div>
      <div class="output-page"><p class="label">Page</p><div class="holder"></div></div>`;
    const find = (selector: string) => this.element.querySelector(selector) as HTMLElement;
    this.#console = find('.console');
    this.#wire = find('.wire');
    this.#holder = find('.holder');
    this.#status = find('.output-status');
  }

  run(program: string, showsPage: boolean): void {
    this.stop();
    this.#console.replaceChildren();
    this.#wire.replaceChildren();
    this.element.classList.toggle('has-page', showsPage);
    this.#status.textContent = 'Running, with a server in memory.';
    const frame = document.createElement('iframe');
    frame.title = `${this._title}: what the example shows`;
    frame.tabIndex = showsPage ? 0 : -1;
    const startedMs = performance.now();
    frame.report = (report) => this.#add(report, performance.now() - startedMs);
    frame.program = program;
    frame.src = new URL('frame.html', RUN).href;
    this.#holder.replaceChildren(frame);
    this.#frame = frame;
  }

  stop(): void {
    if (!this.#frame) return;
    this.#frame.remove();
    this.#frame = undefined;
    this.#status.textContent = 'Stopped.';
    this._whenStopped();
  }

  #add(report: Report, ms: number): void {
    const line = document.createElement('li');
    if (report.kind === 'console') {
      line.className = report.level;
      line.textContent = report.text;
      this.#console.append(line);
      return;
    }
    line.className = report.way;
    const way = document.createElement('span');
    way.className = 'way';
    way.textContent = report.way === 'out' ? '→' : '←';
    way.title = report.way === 'out' ? 'to the server' : 'from the server';
    const time = document.createElement('span');
    time.className = 'time';
    time.textContent = `${Math.round(ms)} ms`;
    line.append(way, ` ${report.text} `, time);
    this.#wire.append(line);
    if (this.#wire.children.length > 200) this.#wire.firstElementChild?.remove();
  }
}

function prepare(root: HTMLElement): void {
  const data = root.querySelector('script[type="application/json"]');
  const runButton = root.querySelector<HTMLButtonElement>('button.run');
  const bar = root.querySelector('.run-bar');
  if (!data || !runButton || !bar) return;
  const example: Example = JSON.parse(data.textContent ?? '');
  const pre = root.querySelector('pre') as HTMLElement;
  let editor: HTMLTextAreaElement | undefined;
  let output: Output | undefined;

  const stopButton = document.createElement('button');
  stopButton.type = 'button';
  stopButton.className = 'stop';
  stopButton.textContent = 'Stop';
  stopButton.hidden = true;
  runButton.after(stopButton);

  runButton.addEventListener('click', () => {
    if (!output) {
      output = new Output(root.dataset.name ?? 'Example', () => {
        stopButton.hidden = true;
        runButton.textContent = 'Run again';
      });
      bar.after(output.element);
    }
    const component = example.kind === 'component';
    const source = editor?.value ?? (example.compiled === undefined ? (pre.textContent ?? '') : undefined);
    const program = programOf(example, component ? undefined : source);
    output.run(program, component || example.kind === 'page' || /document\.|badge|show\(/.test(program));
    stopButton.hidden = false;
    runButton.textContent = 'Run again';
  });
  stopButton.addEventListener('click', () => {
    output?.stop();
    runButton.focus();
  });

  const editButton = root.querySelector<HTMLButtonElement>('button.edit');
  editButton?.addEventListener('click', () => {
    if (editor) {
      editor.remove();
      editor = undefined;
      pre.hidden = false;
      editButton.textContent = 'Edit';
      return;
    }
    const area = document.createElement('textarea');
    area.className = 'editor';
    area.spellcheck = false;
    area.setAttribute('autocapitalize', 'off');
    area.setAttribute('aria-label', 'The code of the example');
    area.value = (pre.textContent ?? '').trimEnd();
    const resize = (): void => {
      area.rows = area.value.split('\n').length + 1;
    };
    resize();
    area.addEventListener('input', resize);
    area.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) runButton.click();
    });
    editor = area;
    pre.hidden = true;
    pre.after(area);
    editButton.textContent = 'Undo changes';
    area.focus();
  });
}

export function prepareExamples(): void {
  for (const root of document.querySelectorAll<HTMLElement>('.example[data-runs]')) prepare(root);
}
