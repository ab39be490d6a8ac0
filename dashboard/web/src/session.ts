// Who sits at this screen, and what he may.
import { call, Problem, useToken } from './api';

export interface Grant {
  role: Role;
  place: { region?: string; project?: string };
}

export type Role = 'viewer' | 'operator' | 'engineer' | 'manager' | 'administrator';
const roles: readonly Role[] = ['viewer', 'operator', 'engineer', 'manager', 'administrator'];

export interface Session {
  person: { login: string; name: string; grants: Grant[] };
  csrf: string;
  must_change_password: boolean;
}

/** Nobody is signed in. sso: an OpenID provider can be asked who one is. */
export interface Nobody {
  person?: undefined;
  sso: boolean;
  /** what its button says; empty for our own words */
  ssoName: string;
}

export type Present = Session | Nobody;

const nobody: Nobody = { sso: false, ssoName: '' };
let present: Present = nobody;

export function session(): Present {
  return present;
}

/** Asks the server who we are. Throws when it cannot be reached. */
export async function loadSession(): Promise<Present> {
  try {
    const answer = await call<Session & { oidc?: boolean; oidc_name?: string }>('GET', '/session');
    present = answer.person ? answer : { sso: answer.oidc === true, ssoName: answer.oidc_name ?? '' };
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

/** Whether the person sees a place or something in it. */
export function sees(region: string, project: string): boolean {
  if (!region) return true;
  return present.person?.grants.some(({ place }) =>
    !place.region || (place.region === region && (!place.project || !project || place.project === project))) ?? false;
}

/** Whether the person may act on what happens at a place: at least as an operator, for all of it. */
export function mayAct(region: string, project: string): boolean {
  const need = roles.indexOf('operator');
  return present.person?.grants.some(({ role, place }) => roles.indexOf(role) >= need &&
    (!place.region || (place.region === region && (!place.project || place.project === project)))) ?? false;
}

/** Where the person may change devices: at least as an engineer. */
export function mayConfigure(): boolean {
  const need = roles.indexOf('engineer');
  return present.person?.grants.some((grant) => roles.indexOf(grant.role) >= need) ?? false;
}
