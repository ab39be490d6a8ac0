// Names of people by their ids, as far as the caller may know them; others go by id.
import { list } from '../../api/client';
import { mayAnywhere, session } from '../../session/session';
import { useLoad } from '../../use/load';

export interface Named {
  id: string;
  name: string;
}

/** Those whom the caller may list; nobody when he may not. */
export async function listPeople(signal: AbortSignal): Promise<Named[]> {
  if (!mayAnywhere('manage')) return [];
  const page = await list('/people', { query: { limit: 1000 }, signal });
  return page.items.flatMap((person) => (person.id ? [{ id: person.id, name: person.name || person.login || person.id }] : []));
}

export function usePeople(): (id: string) => string {
  const people = useLoad(() => 'once', listPeople);
  return (id) => {
    const present = session();
    if (present.person?.login === id) return present.person.name || id;
    return people.value.value?.find((one) => one.id === id)?.name ?? id;
  };
}
