// The sections of the settings. Each is a folder beside this file and says by itself,
// in its section.ts, where it stands and who sees it, so that one can be added or taken
// away without a change here.
import type { RouteRecordRaw } from 'vue-router';
import { may, mayAnywhere, type Permission } from '../../session/session';

export const groups = ['access', 'alerting', 'data', 'system'] as const;
export type Group = (typeof groups)[number];

export interface Section {
  /** of the folder, of its messages (settings-<name>, with title and about), and of its first route (settings-<name>) */
  name: string;
  group: Group;
  /** within the group */
  order: number;
  icon: string;
  /** needed anywhere, to see it at all */
  needs: Permission;
  /** it is of the whole company: the permission is needed at headquarters */
  company?: true;
  /** paths are relative to /settings/ */
  records: RouteRecordRaw[];
}

const folders = import.meta.glob<{ default: Section }>('./*/section.ts', { eager: true });

export const sections: readonly Section[] = Object.values(folders).map((folder) => folder.default)
  .sort((a, b) => groups.indexOf(a.group) - groups.indexOf(b.group) || a.order - b.order);

export function messagesOf(section: Section): string {
  return `settings-${section.name}`;
}

/** Whether whoever is signed in sees a section. */
export function shows(section: Section): boolean {
  return section.company ? may(section.needs) : mayAnywhere(section.needs);
}
