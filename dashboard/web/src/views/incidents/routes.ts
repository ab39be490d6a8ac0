import type { RouteRecordRaw } from 'vue-router';

export default [
  {
    path: '/incidents/:incident([0-9]{8}-[a-z2-7]{16})?', name: 'incidents', component: () => import('./IncidentsView.vue'), meta: { messages: ['incidents'] },
  },
  { path: '/incidents/new', name: 'incidents-new', component: () => import('./NewIncidentView.vue'), meta: { messages: ['incidents'], needs: 'act' } },
  { path: '/incidents/silences/:silence([0-9a-z-]{1,64})?', name: 'incidents-silences', component: () => import('./SilencesView.vue'), meta: { messages: ['incidents'] } },
  { path: '/incidents/on-call', name: 'incidents-on-call', component: () => import('./OnCallView.vue'), meta: { messages: ['incidents'] } },
  { path: '/incidents/responders', name: 'incidents-responders', component: () => import('./RespondersView.vue'), meta: { messages: ['incidents'], needs: 'manage' } },
] satisfies RouteRecordRaw[];
