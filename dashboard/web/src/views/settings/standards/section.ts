import type { Section } from '../sections';

export default {
  name: 'standards', group: 'alerting', order: 20, icon: 'stopwatch', needs: 'read',
  records: [
    { path: 'standards', name: 'settings-standards', component: () => import('./StandardsView.vue') },
  ],
} satisfies Section;
