import type { RouteRecordRaw } from 'vue-router';
import { messagesOf, sections } from './sections';

// The list of sections names them all, wherever one is: their messages come with the frame.
const messages = ['settings', ...sections.map(messagesOf)];

declare module 'vue-router' {
  interface RouteMeta {
    /** Of the settings. */
    section?: string;
  }
}

export default [
  {
    path: '/settings', component: () => import('./SettingsView.vue'), meta: { messages },
    children: [
      { path: '', name: 'settings', component: () => import('./SettingsIndex.vue') },
      ...sections.flatMap((section) => section.records.map((record): RouteRecordRaw => ({
        ...record,
        meta: { needs: section.needs, ...record.meta, section: section.name, messages: [...new Set([...messages, ...(record.meta?.messages ?? [])])] },
      }) as RouteRecordRaw)),
    ],
  },
] satisfies RouteRecordRaw[];
