// The addresses of the application. Every view, with its filters and its part of the
// company, has one that can be sent to a colleague; Back goes back.
//
//   /live?at=north/harbour&class=meter
//   /incidents/20261120-abcdefghijklmnop
//
// The server knows the first part of each (see routes in dashboard/static.go).
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router';
import { areas } from './areas';
import { needMessages } from './i18n';
import { fromHash } from './oldLinks';
import { mayAnywhere, type Permission } from './session/session';
import { namesPlace, readAt } from './use/at';

declare module 'vue-router' {
  interface RouteMeta {
    /** The area that it belongs to. */
    area?: string;
    /** The messages that it needs, by file. */
    messages?: readonly string[];
    /** The permission without which it shows nothing. */
    needs?: Permission;
    /** It is shown without the frame. */
    bare?: boolean;
  }
}

/** The views of the areas, each in its own folder; each view is loaded when it is gone to. */
const folders = import.meta.glob<{ default: RouteRecordRaw[] }>('./views/*/routes.ts', { eager: true });

const records: RouteRecordRaw[] = [
  { path: '/', redirect: (to) => fromHash(to.hash) ?? { name: 'live', query: to.query, hash: '' } },
  ...areas.flatMap((area): RouteRecordRaw[] =>
    (folders[`./views/${area.name}/routes.ts`]?.default ?? [])
      .map((record) => ({ ...record, meta: { area: area.name, needs: area.needs, ...record.meta } }) as RouteRecordRaw)),
  { path: '/denied', name: 'denied', component: () => import('./views/DeniedView.vue') },
  { path: '/:rest(.*)*', name: 'missing', component: () => import('./views/MissingView.vue') },
];

export const router = createRouter({
  history: createWebHistory(),
  routes: records,
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
});

router.beforeEach((to) => (to.hash ? fromHash(to.hash) : undefined) ?? true);

// A link to a place that this person does not see is denied: all of his own would be read as
// that place. What is no place at all is left out.
router.beforeEach((to) => {
  if (!to.query['at'] || readAt(to.query).region) return true;
  if (namesPlace(to.query)) return { name: 'denied', query: { from: to.fullPath }, replace: true };
  const { at: _, ...query } = to.query;
  return { path: to.path, query, hash: to.hash, replace: true };
});

router.beforeResolve(async (to) => {
  if (to.meta.needs && !mayAnywhere(to.meta.needs)) return { name: 'denied', query: { from: to.fullPath }, replace: true };
  await needMessages(to.meta.messages ?? []);
  return true;
});
