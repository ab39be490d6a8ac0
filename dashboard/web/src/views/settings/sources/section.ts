import type { Section } from '../sections';

export default {
  name: 'sources', group: 'data', order: 20, icon: 'pulse', needs: 'read',
  records: [
    { path: 'sources', name: 'settings-sources', component: () => import('./SourcesView.vue') },
    { path: 'sources/connect', name: 'settings-sources-connect', component: () => import('./ConnectView.vue') },
    { path: 'sources/try', name: 'settings-sources-try', component: () => import('./TryView.vue'), meta: { needs: 'configure' } },
  ],
} satisfies Section;
