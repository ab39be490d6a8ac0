import type { Section } from '../sections';

export default {
  name: 'mqtt', group: 'access', order: 50, icon: 'meter', needs: 'manage',
  records: [{ path: 'mqtt/:credential(c_[a-z0-9]+|new)?', name: 'settings-mqtt', component: () => import('./CredentialsView.vue') }],
} satisfies Section;
