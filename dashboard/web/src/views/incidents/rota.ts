// Who is on call by day: shifts cut at midnight of the place, so that each day says
// everything that is true of it.
import type { ItemOf } from '../../api/client';
import { addDays, instantOf, localOf } from './zone';

export interface Shift {
  contact: string;
  from: number;
  to: number;
  standIn: boolean;
}

export interface Schedule {
  name: string;
  region: string;
  project: string;
  contacts: string[];
  shifts: Shift[];
}

/** A part of a day in which one is on call, as times of day: 00:00 to 24:00. */
export interface Part {
  contact: string;
  from: string;
  to: string;
  whole: boolean;
  standIn: boolean;
  now: boolean;
}

export function schedulesOf(items: readonly ItemOf<'/on-call'>[]): Schedule[] {
  return items.map((item) => ({
    name: item.name ?? '', region: item.place?.region ?? '', project: item.place?.project ?? '', contacts: item.contacts ?? [],
    shifts: (item.shifts ?? []).flatMap((shift) => (shift.from && shift.to && shift.contact ? [{ contact: shift.contact, from: Date.parse(shift.from), to: Date.parse(shift.to), standIn: shift.override === true }] : [])),
  }));
}

export function partsOf(shifts: readonly Shift[], day: string, zone: string, now: number): Part[] {
  const begin = instantOf(day, zone);
  const end = instantOf(addDays(day, 1), zone);
  const parts: Part[] = [];
  for (const shift of [...shifts].sort((a, b) => a.from - b.from)) {
    if (shift.to <= begin || shift.from >= end) continue;
    const from = shift.from <= begin ? '00:00' : localOf(shift.from, zone).slice(11);
    const to = shift.to >= end ? '24:00' : localOf(shift.to, zone).slice(11);
    parts.push({ contact: shift.contact, from, to, whole: from === '00:00' && to === '24:00', standIn: shift.standIn, now: now >= shift.from && now < shift.to && now >= begin && now < end });
  }
  return parts;
}

/** Who is on call at a time, stand-ins with it: shifts are what the server worked out of turns and stand-ins. */
export function onCallAt(schedule: Schedule, now: number): string[] {
  return [...new Set(schedule.shifts.filter(({ from, to }) => from <= now && now < to).map(({ contact }) => contact))];
}

/** Whoever takes over next, and when; nothing within the time that is known. */
export function nextOf(schedule: Schedule, now: number): Shift | undefined {
  const present = onCallAt(schedule, now);
  return [...schedule.shifts].sort((a, b) => a.from - b.from).find((shift) => shift.from > now && !present.includes(shift.contact));
}
