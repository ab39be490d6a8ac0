import type { Section } from '../sections';

export default {
  name: 'letters', group: 'data', order: 30, icon: 'inbox', needs: 'configure',
  records: [
    { path: 'letters', name: 'settings-letters', component: () => import('./LettersView.vue') },
    { path: 'letters/:letter', name: 'settings-letters-letter', component: () => import('./LetterView.vue') },
  ],
} satisfies Section;
