import type { Section } from '../sections';

export default {
  name: 'roles', group: 'access', order: 30, icon: 'matrix', needs: 'read',
  records: [{ path: 'roles', name: 'settings-roles', component: () => import('./RolesView.vue') }],
} satisfies Section;
