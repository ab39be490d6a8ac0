import type { Section } from '../sections';

export default {
  name: 'audit', group: 'system', order: 20, icon: 'history', needs: 'manage',
  records: [{ path: 'audit', name: 'settings-audit', component: () => import('./AuditView.vue') }],
} satisfies Section;
