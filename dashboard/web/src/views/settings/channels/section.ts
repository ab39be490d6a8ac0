import type { Section } from '../sections';

export default {
  name: 'channels', group: 'alerting', order: 60, icon: 'broadcast', needs: 'read', company: true,
  records: [{ path: 'channels', name: 'settings-channels', component: () => import('./ChannelsView.vue') }],
} satisfies Section;
