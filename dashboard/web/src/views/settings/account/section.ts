import type { Section } from '../sections';

export default {
  name: 'account', group: 'access', order: 10, icon: 'person', needs: 'read',
  records: [{ path: 'account', name: 'settings-account', component: () => import('./AccountView.vue') }],
} satisfies Section;
