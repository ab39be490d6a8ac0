import type { RouteRecordRaw } from 'vue-router';

const meta = { messages: ['reliability'] };

export default [
  { path: '/reliability', name: 'reliability', component: () => import('./RatesView.vue'), meta },
  { path: '/reliability/trend', name: 'reliability-trend', component: () => import('./TrendView.vue'), meta },
  { path: '/reliability/lives', name: 'reliability-lives', component: () => import('./LivesView.vue'), meta },
  { path: '/reliability/risk', name: 'reliability-risk', component: () => import('./RiskView.vue'), meta },
  { path: '/reliability/backtest', name: 'reliability-backtest', component: () => import('./BacktestView.vue'), meta },
  { path: '/reliability/plan', name: 'reliability-plan', component: () => import('./PlanView.vue'), meta },
  { path: '/reliability/ages', name: 'reliability-ages', component: () => import('./AgesView.vue'), meta },
  { path: '/reliability/compare', name: 'reliability-compare', component: () => import('./CompareView.vue'), meta },
] satisfies RouteRecordRaw[];
