// Where a device has its page.
import type { RouteLocationRaw, Router } from 'vue-router';

export interface Addressed {
  region?: string;
  project?: string;
  class?: string;
  device?: string;
}

export function deviceLink(router: Router, { region = '', project = '', class: kind = '', device = '' }: Addressed): RouteLocationRaw {
  return router.hasRoute('devices-device')
    ? { name: 'devices-device', params: { region, project, class: kind, device } }
    : { name: 'live', query: { device: [region, project, kind, device].join('/') } };
}

export const deviceKey = ({ region = '', project = '', class: kind = '', device = '' }: Addressed): string => [region, project, kind, device].join('/');
