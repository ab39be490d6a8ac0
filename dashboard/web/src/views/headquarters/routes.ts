import type { RouteRecordRaw } from 'vue-router';
import '../response/response.css';
import './headquarters.css';

const meta = { messages: ['headquarters', 'response'] };

export default [
  { path: '/headquarters', name: 'headquarters', component: () => import('./ScorecardsView.vue'), meta },
  { path: '/headquarters/compare', name: 'headquarters-compare', component: () => import('./CompareView.vue'), meta },
  { path: '/headquarters/notices/:notice([0-9]{8}-[a-z2-7]{16})?', name: 'headquarters-notices', component: () => import('./NoticesView.vue'), meta },
  { path: '/headquarters/reports', name: 'headquarters-reports', component: () => import('./ReportsView.vue'), meta },
  { path: '/headquarters/operations', name: 'headquarters-operations', component: () => import('./OperationsView.vue'), meta },
] satisfies RouteRecordRaw[];
