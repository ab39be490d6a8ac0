import type { RouteRecordRaw } from 'vue-router';

export default [
  { path: '/live', name: 'live', component: () => import('./LiveView.vue') },
] satisfies RouteRecordRaw[];
