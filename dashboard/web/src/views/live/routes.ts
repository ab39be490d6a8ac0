import type { RouteRecordRaw } from 'vue-router';

export default [
  { path: '/live', name: 'live', component: () => import('./LiveView.vue'), meta: { messages: ['live'] } },
  // On the screen of a room: without the frame, since nobody sits before it.
  { path: '/live/wall', name: 'live-wall', component: () => import('./wall/WallView.vue'), meta: { messages: ['live'], bare: true } },
] satisfies RouteRecordRaw[];
