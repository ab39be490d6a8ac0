import type { Section } from '../sections';

export default {
  name: 'privacy', group: 'data', order: 90, icon: 'eyeOff', needs: 'administer', company: true,
  records: [{ path: 'privacy', name: 'settings-privacy', component: () => import('./PrivacyView.vue') }],
} satisfies Section;
