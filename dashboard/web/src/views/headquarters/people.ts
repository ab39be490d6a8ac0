// Names of people: of those whom the caller may list, and of himself.
import { list } from '../../api/client';
import { mayAnywhere, session } from '../../session/session';

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

/** Who answers for a notice: the server says the name of a person; a machine goes by its id. */
export function ownerName(notice: { owner?: string; owner_name?: string }): string {
  const me = session().person;
  return me && me.id === notice.owner ? me.name || me.login : notice.owner_name || notice.owner || '';
}

/** Who did a step, of which the history has the login. */
export function actorName(login: string): string {
  const me = session().person;
  return me?.login === login ? me.name || login : login;
}
