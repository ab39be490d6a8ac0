// Small helpers around the DOM. Text from devices only ever goes through text
// nodes; there is no way here to set markup.

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
  let at = parent.firstChild;
  for (const child of children) {
    if (child === at) at = at.nextSibling;
    else parent.insertBefore(child, at);
  }
  while (at) {
    const next: ChildNode | null = at.nextSibling;
    at.remove();
    at = next;
  }
}

const shapes: Record<string, string> = {
  meter: 'M4 13a8 8 0 1 1 16 0M12 13l4-4M6 18h12',
  elevator: 'M5 3h14v18H5zM12 3v18M8 8l1.5-2L11 8M13 16l1.5 2 1.5-2',
  fire: 'M12 3c1 4 6 6 6 11a6 6 0 0 1-12 0c0-2 1-3.500 2-4.500.5 2 1.500 2.500 2 2.500C9.500 9 10.500 5.500 12 3z',
  access: 'M6 21V4h12v17M3 21h18M14.500 12.500h.01',
  life_safety: 'M12 3l9.500 17h-19zM12 10v4.500M12 17.300h.01',
  critical: 'M8 3h8l5 5v8l-5 5H8l-5-5V8zM12 8v5M12 16.300h.01',
  warning: 'M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17zM12 8v5M12 16.300h.01',
  info: 'M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17zM12 11v5M12 7.700h.01',
  online: 'M5 12.500l4.500 4.500L19 7.500',
  offline: 'M6 6l12 12M18 6L6 18',
  unknown: 'M6 12h12',
  shield: 'M12 3l8 3v6c0 5-3.500 8-8 9-4.500-1-8-4-8-9V6zM8.500 12l2.500 2.500 4.500-5',
  clock: 'M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17zM12 7.500V12l3 2',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l4.500 4.500',
  close: 'M6 6l12 12M18 6L6 18',
  chevron: 'M9 6l6 6-6 6',
  grid: 'M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z',
  list: 'M4 6h16M4 12h16M4 18h16',
  bell: 'M6 17V11a6 6 0 0 1 12 0v6l1.500 1.500h-15zM10 21h4',
  person: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM4.500 20.500c1-4 4-5.500 7.500-5.500s6.500 1.500 7.500 5.500',
  inbox: 'M4 13l3-8h10l3 8v6H4zM4 13h5l1 2.500h4L15 13h5',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.500v2M12 19.500v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M5.300 18.700l1.400-1.400M17.300 6.700l1.400-1.400',
  moon: 'M19.500 14A8 8 0 0 1 10 4.500a8 8 0 1 0 9.500 9.500z',
  auto: 'M12 3.500a8.500 8.500 0 1 0 0 17zM12 3.500a8.500 8.500 0 0 1 0 17',
  pause: 'M9 6v12M15 6v12',
  silent: 'M6 17V11a6 6 0 0 1 9-5.200M18 11v6l1.500 1.500h-11M4 4l16 16',
  send: 'M4 12l16-7-6 15-3-6z',
  pencil: 'M5 19l1-4L16 5l3 3L9 18z',
  reload: 'M19 12a7 7 0 1 1-2-5M19 4v4h-4',
};

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
