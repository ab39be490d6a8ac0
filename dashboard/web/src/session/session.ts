// Who sits at this screen, and what he may.
import { shallowRef } from 'vue';
import { call, Problem, useToken } from '../api/call';
import { useCompanyZone } from '../live/names';

export interface Grant {
  role: Role;
  place: { region?: string; project?: string };
}

export type Role = 'viewer' | 'operator' | 'engineer' | 'manager' | 'administrator';
/** What a role allows, as the API names it: each operation needs one. */
export type Permission = 'read' | 'act' | 'configure' | 'manage' | 'administer';

export interface Session {
  person: { id: string; login: string; name: string; grants: Grant[] };
  csrf: string;
  must_change_password: boolean;
  /** when it ends at the latest, whatever one does; RFC 3339 */
  expires_at?: string;
  /** for each permission where the person has it: hq, region or region/project */
  permissions?: Record<string, string[] | null>;
}

/** Nobody is signed in. sso: an OpenID provider can be asked who one is. */
export interface Nobody {
  person?: undefined;
  sso: boolean;
  /** what its button says; empty for our own words */
  ssoName: string;
}

export type Present = Session | Nobody;

/** A place of the company: everything, a region, or a project of one. */
export interface Place {
  region?: string | undefined;
  project?: string | undefined;
}

const nobody: Nobody = { sso: false, ssoName: '' };
let present: Present = nobody;
const called = shallowRef('');

/** The server has ended the session, and the page is shown still: the display on the wall keeps its last picture. */
export const over = shallowRef(false);

export function session(): Present {
  return present;
}

/** What the person at this screen is called, who may change that while the page is open. */
export function myName(): string {
  return called.value;
}

export function nameMe(name: string): void {
  if (!present.person) return;
  present.person.name = name;
  called.value = name || present.person.login;
}

/** Asks the server who we are. Throws when it cannot be reached. */
export async function loadSession(): Promise<Present> {
  try {
    const answer = await call<Session & { oidc?: boolean; oidc_name?: string; time_zone?: string }>('GET', '/session');
    useCompanyZone(answer.time_zone);
    present = answer.person ? answer : { sso: answer.oidc === true, ssoName: answer.oidc_name ?? '' };
    if (answer.person) nameMe(answer.person.name);
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error;
    present = nobody;
  }
  useToken(present.person ? present.csrf : '');
  return present;
}

export async function signIn(login: string, password: string): Promise<void> {
  await call('POST', '/session', { login, password });
}

export async function signOut(everywhere: boolean): Promise<void> {
  await call('DELETE', everywhere ? '/sessions' : '/session');
}

export async function changePassword(old: string, chosen: string): Promise<void> {
  await call('POST', '/password', { old, new: chosen });
}

/** Whether a place that is granted, as hq, region or region/project, has all of another in it. */
export function contains(granted: string, place: Place): boolean {
  if (granted === 'hq') return true;
  if (!place.region) return false;
  const [region, project] = granted.split('/');
  return region === place.region && (!project || project === place.project);
}

function places(permission: Permission): readonly string[] {
  return present.person ? present.permissions?.[permission] ?? [] : [];
}

/** Whether the person may do something at all of a place; without a region, of the company. */
export function may(permission: Permission, place: Place = {}): boolean {
  return places(permission).some((granted) => contains(granted, place));
}

/** Whether the person may do something anywhere. */
export function mayAnywhere(permission: Permission): boolean {
  return places(permission).length > 0;
}

/** Whether the person sees a place or something in it. */
export function sees(region: string, project: string): boolean {
  if (!region) return true;
  return places('read').some((granted) => {
    const [r, p] = granted.split('/');
    return granted === 'hq' || (r === region && (!p || !project || p === project));
  });
}

/** Whether the person may act on what happens at a place: at least as an operator, for all of it. */
export function mayAct(region: string, project: string): boolean {
  return may('act', { region, project });
}

/** Whether the person may change devices anywhere: at least as an engineer. */
export function mayConfigure(): boolean {
  return mayAnywhere('configure');
}
