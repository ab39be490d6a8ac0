import type { RouteRecordRaw } from 'vue-router';

export default [
  {
    path: '/incidents/:incident([0-9]{8}-[a-z2-7]{16})?', name: 'incidents', component: () => import('./IncidentsView.vue'), meta: { messages: ['incidents'] },
  },
] satisfies RouteRecordRaw[];
