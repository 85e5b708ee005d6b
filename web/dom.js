// Building elements.  Text is only ever set as text, never as markup.

export const byId = (id) => document.getElementById(id);

// h('p', {class: 'sub'}, 'text', element, ...); null children are left out.
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined) element.append(child);
  }
  return element;
}

// A table with a head; cells are strings, elements, or {text, class}.
export function table(columns, rows, {caption, rowHeader = true} = {}) {
  const cell = (tag, value, attributes = {}) => {
    const rich = value !== null && typeof value === 'object' && !(value instanceof Node);
    return h(tag, {class: rich ? value.class : null, ...attributes}, rich ? value.text : value ?? '–');
  };
  return h('table', {},
    caption ? h('caption', {}, caption) : null,
    h('thead', {}, h('tr', {}, columns.map((one) => cell('th', one, {scope: 'col'})))),
    h('tbody', {}, rows.map((row) => h('tr', {}, row.map((value, index) => (
      index === 0 && rowHeader ? cell('th', value, {scope: 'row'}) : cell('td', value)))))));
}

const shown = new Map();

// Replaces what is in `id`, unless `key` says that it would be the same.
export function show(id, key, make) {
  const text = JSON.stringify(key);
  if (shown.get(id) === text) return;
  shown.set(id, text);
  byId(id).replaceChildren(...[make()].flat().filter((one) => one !== null));
}
