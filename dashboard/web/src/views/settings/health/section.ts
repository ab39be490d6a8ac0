import type { Section } from '../sections';

export default {
  name: 'health', group: 'system', order: 10, icon: 'pulse', needs: 'read',
  records: [
    { path: 'health', name: 'settings-health', component: () => import('./HealthView.vue') },
    { path: 'health/jobs/:job([a-z][a-z0-9_-]*)?', name: 'settings-health-jobs', component: () => import('./JobsView.vue') },
    { path: 'health/coverage', name: 'settings-health-coverage', component: () => import('./CoverageView.vue') },
  ],
} satisfies Section;
