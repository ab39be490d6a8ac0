import type { Section } from '../sections';

export default {
  name: 'rules', group: 'alerting', order: 10, icon: 'shield', needs: 'read',
  records: [
    { path: 'rules', name: 'settings-rules', component: () => import('./RulesView.vue') },
    { path: 'rules/new', name: 'settings-rules-new', component: () => import('./RulePage.vue'), meta: { needs: 'configure' } },
    { path: 'rules/:rule([a-z0-9][a-z0-9_-]{0,63})', name: 'settings-rules-rule', component: () => import('./RulePage.vue') },
  ],
} satisfies Section;
