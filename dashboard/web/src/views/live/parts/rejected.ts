// Messages that could not be accepted, for whoever has to find the sender.
import { problemText } from '../../../format/problems';
import { h, icon, setChildren, setText } from './dom';
import { formatFull, formatTime, visible } from '../../../format/words';
import { word, words } from '../../../i18n';
import { zoneAt } from '../../../live/names';
import type { WireRejected } from '../../../live/protocol';
import { today } from '../../../live/today';
import type { Page, View } from './page';

const limit = 60;

function rejectedItem(message: WireRejected): HTMLLIElement {
  const t = words();
  // The place in a topic, as far as there is one: prefix/region/project.
  const zone = zoneAt(message.topic.split('/').slice(1).join('/'));
  const cut = message.size > new TextEncoder().encode(message.preview).length ? '…' : '';
  return h('li', { class: 'rejected-item', 'data-reason': message.reason },
    h('span', { class: 'rejected-line' },
      h('span', { class: 'badge reason-badge' }, word(t.reason, message.reason)),
      h('span', { class: 'dim' }, message.codec ? `${message.codec} · ${t.bytes(message.size)}` : t.bytes(message.size)),
      h('time', { title: formatFull(message.received, zone) }, formatTime(message.received, zone))),
    h('span', { class: 'topic', title: message.topic }, message.topic),
    h('span', { class: 'error' }, problemText(message.error)),
    h('code', {}, message.preview ? visible(message.preview) + cut : t.emptyPayload));
}

export function rejectedView(page: Page): View {
  const t = words();
  let items = new WeakMap<WireRejected, HTMLLIElement>();
  let day = today.value;
  const list = h('ul', { class: 'rejected-list' });
  const count = h('span', { class: 'badge', 'data-test': 'rejected-shown' });
  const nothing = h('p');
  const empty = h('div', { class: 'empty' }, icon('inbox'), nothing, h('p', { class: 'hint' }, t.noRejectedHint));
  const element = h('section', { class: 'panel rejected', 'aria-labelledby': 'rejected-title', 'data-tab': 'rejected' },
    h('div', { class: 'panel-head' }, h('h2', { id: 'rejected-title' }, t.rejectedTitle), count),
    h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-labelledby': 'rejected-title' }, list, empty));

  return {
    element,
    draw(changes) {
      if (!changes.all && !changes.rejected) return;
      if (day !== today.value) {
        items = new WeakMap();
        day = today.value;
      }
      const newest = page.store.rejected.slice(-limit).reverse();
      setChildren(list, newest.map((message) => {
        let item = items.get(message);
        if (!item) items.set(message, (item = rejectedItem(message)));
        return item;
      }));
      count.hidden = newest.length === 0;
      setText(count, String(page.store.rejected.length));
      // The figure above counts those of every class.
      setText(nothing, page.route.class ? t.noRejectedOf(word(t.classes, page.route.class)) : t.noRejected);
      empty.hidden = newest.length > 0 || !page.store.ready;
    },
  };
}
