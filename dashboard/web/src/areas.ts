// The areas of the application, in the order in which they stand in the navigation.
import type { Permission } from './session/session';

export interface Area {
  name: AreaName;
  icon: string;
  /** Whether it is in this version: what is not is in no navigation. */
  ready: boolean;
  /** needed anywhere, to see it at all */
  needs: Permission;
}

export type AreaName = 'live' | 'incidents' | 'devices' | 'energy' | 'reliability' | 'response' | 'headquarters' | 'settings';

export const areas: readonly Area[] = [
  { name: 'live', icon: 'pulse', ready: true, needs: 'read' },
  { name: 'incidents', icon: 'bell', ready: true, needs: 'read' },
  { name: 'devices', icon: 'grid', ready: false, needs: 'read' },
  { name: 'energy', icon: 'energy', ready: false, needs: 'read' },
  { name: 'reliability', icon: 'chart', ready: false, needs: 'read' },
  { name: 'response', icon: 'stopwatch', ready: false, needs: 'read' },
  { name: 'headquarters', icon: 'building', ready: false, needs: 'read' },
  { name: 'settings', icon: 'settings', ready: false, needs: 'read' },
];
