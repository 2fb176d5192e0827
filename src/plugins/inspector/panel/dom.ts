/** Elements without a word of HTML: strict pages allow none. */

type Child = Node | string | undefined | false;

export interface Attributes {
  readonly [name: string]: string | number | boolean | undefined | ((event: never) => void);
}

/** What makes elements of one document. */
export class Dom {
  constructor(readonly document: Document) {}

  /** An element of HTML. A function is a listener, `true` an attribute without a value; `false` and nothing leave it out. */
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

  /** A picture of 16 × 16 drawn by one line. It says nothing to who cannot see it. */
  icon(path: string): SVGSVGElement {
    return this.svg(
      'svg',
      { class: 'icon', viewBox: '0 0 16 16', 'aria-hidden': 'true', focusable: 'false' },
      this.svg('path', { d: path }),
    );
  }
}

function fill<One extends Element>(element: One, attributes: Attributes, children: readonly Child[]): One {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name, value as EventListener);
    else set(element, name, value);
  }
  element.append(
    ...children.filter((child): child is Node | string => child !== undefined && child !== false),
  );
  return element;
}

/** Sets an attribute where it is another one. */
export function set(element: Element, name: string, value: string | number | boolean | undefined): void {
  if (value === undefined || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else {
    const text = value === true ? '' : String(value);
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

/** Sets a text where it is another one. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Has a list of elements show a list of things: elements are used again, made and removed as needed. */
export function each<Thing, One extends Element>(
  parent: Element,
  things: readonly Thing[],
  make: () => One,
  show: (element: One, thing: Thing, index: number) => void,
): void {
  const { children } = parent;
  while (children.length > things.length) parent.lastElementChild?.remove();
  while (children.length < things.length) parent.append(make());
  for (const [index, thing] of things.entries()) show(children[index] as unknown as One, thing, index);
}
