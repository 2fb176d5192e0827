/** The search of the site. Everything happens in the page: the index is a file of the site. */
import MiniSearch, { type SearchResult } from 'minisearch';

/** A section of a page, as the build writes it. */
interface Section {
  readonly id: number;
  readonly url: string;
  readonly page: string;
  readonly title: string;
  readonly text: string;
}

interface Index {
  readonly engine: MiniSearch<Section>;
  readonly sections: readonly Section[];
}

let index: Promise<Index> | undefined;

async function load(): Promise<Index> {
  const sections: Section[] = await (await fetch(new URL('search.json', document.baseURI))).json();
  const engine = new MiniSearch<Section>({
    fields: ['title', 'page', 'text'],
    // Names such as `reconnectionDelay` and `NEGOTIATION_FAILED` are found as a whole and by their parts.
    tokenize: (text) =>
      text
        .split(/[^\p{L}\p{N}_]+/u)
        .flatMap((word) => [word, ...word.split(/_|(?<=[a-z])(?=[A-Z])/)])
        .filter((word, at, all) => word && all.indexOf(word) === at),
    searchOptions: { boost: { title: 4, page: 2 }, prefix: true, fuzzy: 0.15, combineWith: 'AND' },
  });
  engine.addAll(sections);
  return { engine, sections };
}

const escaped = (text: string): string =>
  text.replace(
    /[&<>"]/g,
    (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] as string,
  );

/** The text around the first match. */
function excerpt(text: string, terms: readonly string[]): string {
  const lower = text.toLowerCase();
  const found = terms.map((term) => lower.indexOf(term.toLowerCase())).filter((at) => at >= 0);
  const from = Math.max(0, Math.min(...(found.length > 0 ? found : [0])) - 50);
  const start = from === 0 ? 0 : text.indexOf(' ', from) + 1;
  return marked(
    `${start > 0 ? '… ' : ''}${text.slice(start, start + 150)}${start + 150 < text.length ? ' …' : ''}`,
    terms,
  );
}

function marked(text: string, terms: readonly string[]): string {
  const words = terms.map((term) => term.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  if (words.length === 0) return escaped(text);
  return escaped(text).replace(new RegExp(words.join('|'), 'gi'), '<mark>$&</mark>');
}

export function prepareSearch(): void {
  const dialog = document.querySelector<HTMLDialogElement>('dialog.search');
  const input = dialog?.querySelector('input');
  const list = dialog?.querySelector<HTMLElement>('.results');
  const status = dialog?.querySelector<HTMLElement>('[role=status]');
  if (!dialog || !input || !list || !status) return;
  let chosen = -1;
  let latest = 0;

  const choose = (at: number): void => {
    const options = [...list.querySelectorAll<HTMLElement>('[role=option]')];
    chosen = options.length === 0 ? -1 : (at + options.length) % options.length;
    options.forEach((option, place) => {
      option.setAttribute('aria-selected', String(place === chosen));
      if (place === chosen) option.scrollIntoView({ block: 'nearest' });
    });
    if (chosen < 0) input.removeAttribute('aria-activedescendant');
    else input.setAttribute('aria-activedescendant', options[chosen]?.id ?? '');
  };

  const look = async (): Promise<void> => {
    const turn = ++latest;
    const query = input.value.trim();
    index ??= load();
    const { engine, sections } = await index;
    if (turn !== latest) return;
    const all: SearchResult[] = query ? engine.search(query) : [];
    const results = all.slice(0, 12);
    list.innerHTML = results
      .map((result, at) => {
        const section = sections[result.id as number] as Section;
        const title =
          section.title === section.page ? '' : `<span class="page">${escaped(section.page)}</span> `;
        return `<a role="option" id="result-${at}" aria-selected="false" tabindex="-1" href="${section.url}">
          <strong>${title}${marked(section.title, result.terms)}</strong><span>${excerpt(section.text, result.terms)}</span></a>`;
      })
      .join('');
    list.hidden = results.length === 0;
    input.setAttribute('aria-expanded', String(results.length > 0));
    status.textContent =
      query === ''
        ? 'Type a word: an option, an error code, a symptom.'
        : all.length === 0
          ? `Nothing found for “${query}”.`
          : `${all.length} result${all.length === 1 ? '' : 's'}`;
    choose(results.length > 0 ? 0 : -1);
  };

  const open = (): void => {
    if (dialog.open) return;
    dialog.showModal();
    input.select();
    void look();
  };
  for (const button of document.querySelectorAll('button.open-search'))
    button.addEventListener('click', open);
  document.addEventListener('keydown', (event) => {
    const typing = (event.target as Element).closest('input, textarea, select');
    const short = (event.key === 'k' && (event.ctrlKey || event.metaKey)) || (event.key === '/' && !typing);
    if (!short) return;
    event.preventDefault();
    open();
  });
  input.addEventListener('input', () => void look());
  input.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      choose(chosen + (event.key === 'ArrowDown' ? 1 : -1));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      list.querySelector<HTMLElement>('[aria-selected=true]')?.click();
    }
  });
  list.addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
}
