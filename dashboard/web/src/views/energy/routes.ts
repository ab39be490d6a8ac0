import type { RouteRecordRaw } from 'vue-router';

const meta = { messages: ['energy'] };
const id = '[0-9]{8}-[a-z2-7]{16}';

export default [
  { path: '/energy', name: 'energy', component: () => import('./OverviewView.vue'), meta },
  { path: '/energy/heat', name: 'energy-heat', component: () => import('./HeatView.vue'), meta },
  { path: '/energy/baseline', name: 'energy-baseline', component: () => import('./BaselineView.vue'), meta },
  { path: `/energy/waste/:finding(${id})?`, name: 'energy-waste', component: () => import('./WasteView.vue'), meta },
  { path: '/energy/water', name: 'energy-water', component: () => import('./WaterView.vue'), meta },
  { path: '/energy/balance', name: 'energy-balance', component: () => import('./BalanceView.vue'), meta },
] satisfies RouteRecordRaw[];
