// What people call the buildings of a project. Until that is known, and for those that
// nobody named, their ids stand for them.
import { shallowRef } from 'vue';
import { list } from '../../api/client';

const names = new Map<string, string>();
const asked = new Set<string>();
const version = shallowRef(0);

async function ask(region: string, project: string): Promise<void> {
  try {
    const page = await list('/buildings', { query: { region, project, limit: 1000 } });
    for (const one of page.items as { id?: string; name?: string }[]) if (one.id && one.name) names.set(`${region}/${project}/${one.id}`, one.name);
    version.value++;
  } catch {
    asked.delete(`${region}/${project}`); // the ids do, and it is asked again later
  }
}

export function buildingName(region: string, project: string, id: string): string {
  void version.value;
  const place = `${region}/${project}`;
  if (project && !asked.has(place)) {
    asked.add(place);
    void ask(region, project);
  }
  return names.get(`${place}/${id}`) ?? id;
}

/** What a number or finding is about, as people call it: point:m-1, building:b1/electricity, device:meter/m-1. */
export function subjectName(region: string, project: string, subject: string): string {
  const [type = '', rest = ''] = [subject.slice(0, subject.indexOf(':')), subject.slice(subject.indexOf(':') + 1)];
  if (type === 'building') return buildingName(region, project, rest.split('/')[0] ?? rest);
  return type === 'device' ? rest.split('/').pop() ?? rest : rest;
}
