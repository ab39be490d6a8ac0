// The areas of the application, in the order in which they stand in the navigation.
import type { Permission } from './session/session';

export interface Area {
  name: AreaName;
  icon: string;
  /** needed anywhere, to see it at all */
  needs: Permission;
}

export type AreaName = 'live' | 'incidents' | 'devices' | 'energy' | 'reliability' | 'response' | 'headquarters' | 'settings';

export const areas: readonly Area[] = [
  { name: 'live', icon: 'pulse', needs: 'read' },
  { name: 'incidents', icon: 'bell', needs: 'read' },
  { name: 'devices', icon: 'grid', needs: 'read' },
  { name: 'energy', icon: 'energy', needs: 'read' },
  { name: 'reliability', icon: 'chart', needs: 'read' },
  { name: 'response', icon: 'stopwatch', needs: 'read' },
  { name: 'headquarters', icon: 'building', needs: 'read' },
  { name: 'settings', icon: 'settings', needs: 'read' },
];
