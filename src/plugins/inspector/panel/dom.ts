/** Creates and updates elements without any HTML text, which strict pages forbid. */

type Child = Node | string | undefined | false;

export interface Attributes {
  readonly [name: string]: string | number | boolean | undefined | ((event: never) => void);
}

/** Creates the elements of one document. */
export class Dom {
  constructor(readonly document: Document) {}

  /**
   * An element of HTML. A function is added as a listener; `true` sets an attribute without a value; `false` and `undefined` omit
   * it.
   */
  el<Name extends keyof HTMLElementTagNameMap>(
    name: Name,
    attributes: Attributes = {},
    ...children: Child[]
  ): HTMLElementTagNameMap[Name] {
    return fill(this.document.createElement(name), attributes, children);
  }

  /** An element of SVG. */
  svg<Name extends keyof SVGElementTagNameMap>(
    name: Name,
    attributes: Attributes = {},
    ...children: Child[]
  ): SVGElementTagNameMap[Name] {
    return fill(this.document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);
  }

  /** An icon of 16 × 16 drawn by one path, hidden from screen readers. */
  icon(path: string): SVGSVGElement {
    return this.svg(
      'svg',
      { class: 'icon', viewBox: '0 0 16 16', 'aria-hidden': 'true', focusable: 'false' },
      this.svg('path', { d: path }),
    );
  }
}

function fill<One extends Element>(element: One, attributes: Attributes, children: readonly Child[]): One {
  for (const name of Object.keys(attributes)) {
    const value = attributes[name];
    if (typeof value === 'function') element.addEventListener(name, value as EventListener);
    else setAttribute(element, name, value);
  }
  for (const child of children) if (child !== undefined && child !== false) element.append(child);
  return element;
}

/** Sets or removes an attribute if its value has changed. */
export function setAttribute(
  element: Element,
  name: string,
  value: string | number | boolean | undefined,
): void {
  if (value === undefined || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else {
    const text = value === true ? '' : String(value);
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

/** Sets the text of an element if it has changed. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Makes the children of an element show a list of items. Elements are reused, and created or removed as needed. */
export function renderList<Item, One extends Element>(
  parent: Element,
  items: readonly Item[],
  create: () => One,
  show: (element: One, item: Item, index: number) => void,
): void {
  const { children } = parent;
  while (children.length > items.length) parent.lastElementChild?.remove();
  while (children.length < items.length) parent.append(create());
  for (let i = 0; i < items.length; i++) show(children[i] as unknown as One, items[i] as Item, i);
}
