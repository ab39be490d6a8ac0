import type { Section } from '../sections';

export default {
  name: 'tariffs', group: 'data', order: 10, icon: 'energy', needs: 'read',
  records: [
    { path: 'tariffs', name: 'settings-tariffs', component: () => import('./TariffsView.vue') },
  ],
} satisfies Section;
