// Which errors leave nothing of a view: those of its setup and of drawing it. One of a
// handler or a watcher leaves all that is shown, and its other handlers.

/** As Vue names where an error came from while one develops, and the numbers that it has for them in production. */
const places = new Set(['setup function', 'render function', 'async component loader', 'component update', '0', '1', '13', '15']);

export function breaksView(info: string): boolean {
  return places.has(info.replace(/^.*#runtime-/, ''));
}
