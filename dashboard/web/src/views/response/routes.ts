import type { RouteRecordRaw } from 'vue-router';
import './response.css';

const meta = { messages: ['response'] };

export default [
  { path: '/response', name: 'response', component: () => import('./ResponseView.vue'), meta },
  { path: '/response/running', name: 'response-running', component: () => import('./RunningView.vue'), meta },
  { path: '/response/breaches', name: 'response-breaches', component: () => import('./BreachesView.vue'), meta },
  { path: '/response/contractors', name: 'response-contractors', component: () => import('./ContractorsView.vue'), meta },
] satisfies RouteRecordRaw[];
