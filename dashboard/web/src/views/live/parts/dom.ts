// Small helpers around the DOM. Text from devices only ever goes through text
// nodes; there is no way here to set markup.

import { shapes } from '../../../ui/icons';

type Attributes = Record<string, string | number | boolean | ((event: Event) => void) | undefined>;

/** Makes an element. An attribute that is a function listens to the event of its name. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K, attributes: Attributes = {}, ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children);
  return element;
}

/** Sets a text only when it differs: the browser lays out again for each change. */
export function setText(node: Node, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Sets or removes an attribute, only when it differs. */
export function setAttribute(element: Element, name: string, value: string | undefined): void {
  if (value === undefined) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
  } else if (element.getAttribute(name) !== value) {
    element.setAttribute(name, value);
  }
}

/** Makes the children of parent exactly these, moving as little as possible. */
export function setChildren(parent: Element, children: readonly Node[]): void {
  const wanted = new Set<Node>(children);
  let at = parent.firstChild;
  for (const child of children) {
    // What goes is taken away first: what is moved loses the keyboard.
    while (at && at !== child && !wanted.has(at)) {
      const next: ChildNode | null = at.nextSibling;
      at.remove();
      at = next;
    }
    if (child === at) at = at.nextSibling;
    else parent.insertBefore(child, at);
  }
  while (at) {
    const next: ChildNode | null = at.nextSibling;
    at.remove();
    at = next;
  }
}

/** An icon. It is decoration: what it means is always said in words beside it or in its owner's label. */
export function icon(name: string): SVGSVGElement {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', 'icon');
  const path = document.createElementNS(space, 'path');
  path.setAttribute('d', shapes[name] ?? shapes['info']!);
  svg.append(path);
  return svg;
}

/** Changes the icon that icon() made. */
export function setIcon(svg: SVGSVGElement, name: string): void {
  const path = svg.firstElementChild;
  if (path) setAttribute(path, 'd', shapes[name] ?? shapes['info']!);
}
