import type { RouteRecordRaw } from 'vue-router';

const messages = ['devices'];
const segment = '[a-z0-9][a-z0-9_-]{0,63}';
const one = `/devices/:region(${segment})/:project(${segment})/:class(meter|elevator|fire|access)/:device(${segment})`;

export default [
  { path: '/devices', name: 'devices', component: () => import('./DevicesView.vue'), meta: { messages } },
  { path: '/devices/pending', name: 'devices-pending', component: () => import('./PendingView.vue'), meta: { messages } },
  { path: '/devices/places/:kind(regions|projects|buildings)?', name: 'devices-places', component: () => import('./PlacesView.vue'), meta: { messages } },
  { path: '/devices/import/:kind(regions|projects|buildings|devices)?', name: 'devices-import', component: () => import('./ImportView.vue'), meta: { messages, needs: 'configure' } },
  { path: '/devices/new', name: 'devices-new', component: () => import('./EditView.vue'), meta: { messages, needs: 'configure' } },
  { path: `${one}/edit`, name: 'devices-edit', component: () => import('./EditView.vue'), meta: { messages, needs: 'configure' } },
  { path: `${one}/replace`, name: 'devices-replace', component: () => import('./ReplaceView.vue'), meta: { messages, needs: 'configure' } },
  { path: `${one}/:tab(readings|consumption|events|forecast|corrections|history)?`, name: 'devices-device', component: () => import('./DeviceView.vue'), meta: { messages } },
] satisfies RouteRecordRaw[];
