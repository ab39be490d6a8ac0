import type { Section } from '../sections';

export default {
  name: 'tokens', group: 'access', order: 40, icon: 'key', needs: 'manage',
  records: [{ path: 'tokens/:token(t_[a-z0-9]+|new)?', name: 'settings-tokens', component: () => import('./TokensView.vue') }],
} satisfies Section;
