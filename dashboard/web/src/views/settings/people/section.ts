import type { Section } from '../sections';

export default {
  name: 'people', group: 'access', order: 20, icon: 'people', needs: 'manage',
  records: [{ path: 'people/:person(p_[a-z0-9]+|new)?', name: 'settings-people', component: () => import('./PeopleView.vue') }],
} satisfies Section;
