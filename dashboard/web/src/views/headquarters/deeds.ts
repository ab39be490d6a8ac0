// Who may do what to a notice, by the rule of the server (internal/notices/act.go): the
// project accepts and submits, whoever manages the whole region inspects, and nobody
// inspects what he submitted or answers for. What cannot be done says who can.
import type { NoticeAction, RectificationNotice } from '../../api/schema';
import type { Permission, Place } from '../../session/session';

export type DeedName = NoticeAction['deed'];

/** Why somebody cannot do the next step: another one answers for it, a manager above inspects it, or another such manager. */
export type Waits = 'owner' | 'inspector' | 'other';

const steps: Record<string, DeedName[]> = {
  issued: ['accept', 'submit', 'withdraw'], accepted: ['submit', 'withdraw'], submitted: ['close', 'reject', 'withdraw'], rejected: ['submit', 'withdraw'],
};

interface Who {
  /** as notices name who answers for them, and as their history names who did a step */
  id: string;
  login: string;
  may(permission: Permission, place: Place): boolean;
}

export function deedsOf(notice: RectificationNotice, who: Who): { deeds: DeedName[]; waits: Waits | undefined } {
  const all = steps[notice.state ?? ''] ?? [];
  const at = { region: notice.region, project: notice.project };
  const acts = who.may('act', at);
  const inspects = acts && who.may('manage', { region: notice.region });
  const mine = notice.owner !== undefined && notice.owner !== '' && notice.owner === who.id;
  const takesOver = !notice.owner || mine || who.may('manage', at);
  const ownWork = mine || (notice.state === 'submitted' && notice.history?.at(-1)?.actor === who.login);
  const may: Record<DeedName, boolean> = {
    accept: acts && takesOver, submit: acts && takesOver, close: inspects && !ownWork, reject: inspects && !ownWork, withdraw: inspects,
  };
  const waits = !acts || all.length === 0 || may[all[0]!] ? undefined : all[0] !== 'close' ? 'owner' : inspects ? 'other' : 'inspector';
  return { deeds: all.filter((deed) => may[deed]), waits };
}
