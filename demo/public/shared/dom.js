// The few DOM helpers that these pages need.

export const byId = (id) => document.getElementById(id);

/** `el('li', { className: 'x' }, 'text', child)`. Text is always text, never markup. */
export function el(tag, properties = {}, ...children) {
  const { dataset, ...rest } = properties;
  const element = Object.assign(document.createElement(tag), rest);
  Object.assign(element.dataset, dataset);
  element.append(...children);
  return element;
}

/** Appends an item, removes the oldest ones, and keeps the end in view unless the reader scrolled away. */
export function appendTo(list, item, keep = 100) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 24;
  list.append(item);
  while (list.children.length > keep) list.firstElementChild.remove();
  if (atEnd) list.scrollTop = list.scrollHeight;
}

/** Handles a form in the page; the listener may be async. */
export function onSubmit(form, listener) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    listener(event.submitter);
  });
}
