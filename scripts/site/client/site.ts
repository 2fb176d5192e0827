/** The scripts of the site: theme, menu, versions, copying, search, examples. Pages can be read without them. */
import { prepareExamples } from './runner.js';
import { prepareSearch } from './search.js';

const root = document.documentElement;

/** Storage may be forbidden. */
function remember(theme: string): void {
  try {
    localStorage.setItem('theme', theme);
  } catch {
    // The theme stays until the page is left.
  }
}

function prepareTheme(): void {
  const button = document.querySelector<HTMLButtonElement>('button.theme');
  if (!button) return;
  const dark = (): boolean =>
    root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  const show = (): void => {
    button.setAttribute('aria-pressed', String(dark()));
  };
  button.addEventListener('click', () => {
    root.dataset.theme = dark() ? 'light' : 'dark';
    remember(root.dataset.theme);
    show();
  });
  show();
}

function prepareMenu(): void {
  const button = document.querySelector<HTMLButtonElement>('button.menu');
  const menu = document.querySelector<HTMLElement>('#menu');
  if (!button || !menu) return;
  const set = (open: boolean): void => {
    button.setAttribute('aria-expanded', String(open));
    root.classList.toggle('menu-open', open);
    if (open) menu.querySelector<HTMLElement>('a')?.focus();
  };
  button.addEventListener('click', () => set(button.getAttribute('aria-expanded') !== 'true'));
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !root.classList.contains('menu-open')) return;
    set(false);
    button.focus();
  });
  document.querySelector('.shade')?.addEventListener('click', () => set(false));
  const current = menu.querySelector<HTMLElement>('[aria-current]');
  if (current) menu.scrollTop = current.offsetTop - menu.clientHeight / 3;
}

interface Version {
  readonly version: string;
  readonly folder: string;
}

/** `versions.json` is above the folders of all versions: older pages learn of newer versions from it. */
async function prepareVersions(): Promise<void> {
  const select = document.querySelector<HTMLSelectElement>('select.version');
  if (!select) return;
  const base = new URL('..', document.baseURI);
  select.addEventListener('change', async () => {
    const page = location.pathname.split('/').at(-1) || 'index.html';
    const target = new URL(`${select.value}/`, base);
    const same = new URL(page, target);
    const answer = await fetch(same, { method: 'HEAD' }).catch(() => undefined);
    location.href = (answer?.ok ? same : target).href;
  });
  const answer = await fetch(new URL('versions.json', base)).catch(() => undefined);
  if (!answer?.ok) return;
  const versions: Version[] = await answer.json();
  const own = select.value;
  select.replaceChildren(
    ...versions.map(({ version, folder }, at) => {
      const text = at === 0 && versions.length > 1 ? `${version} (latest)` : version;
      return new Option(text, folder, folder === own, folder === own);
    }),
  );
}

function prepareCopying(): void {
  document.addEventListener('click', async (event) => {
    const button = (event.target as Element).closest<HTMLButtonElement>('button.copy');
    if (!button) return;
    const example = button.closest('.code');
    const code =
      example?.querySelector('textarea')?.value ?? example?.querySelector('pre')?.textContent ?? '';
    try {
      await navigator.clipboard.writeText(code.trimEnd());
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'Not allowed';
    }
    setTimeout(() => {
      button.textContent = 'Copy';
    }, 2_000);
  });
}

/** Marks the visible section in the list of sections. */
function prepareSections(): void {
  const links = new Map(
    [...document.querySelectorAll<HTMLAnchorElement>('.sections a')].map((link) => [
      decodeURIComponent(link.hash.slice(1)),
      link,
    ]),
  );
  const headings = [...document.querySelectorAll<HTMLElement>('main :is(h2, h3)[id]')].filter(({ id }) =>
    links.has(id),
  );
  if (headings.length === 0) return;
  const mark = (): void => {
    const read =
      headings.filter((heading) => heading.getBoundingClientRect().top < 140).at(-1) ?? headings[0];
    for (const [id, link] of links) link.classList.toggle('current', id === read?.id);
  };
  document.addEventListener('scroll', mark, { passive: true });
  mark();
}

prepareTheme();
prepareMenu();
prepareCopying();
prepareSections();
prepareSearch();
prepareExamples();
void prepareVersions();
