// The fields of a device that people edit, and how a form's texts become a change.
import type { Device } from './device';

export type FieldKind = 'text' | 'long' | 'day' | 'number' | 'medium' | 'building' | 'pairs' | 'refs';

export interface Field {
  name: EditedField;
  kind: FieldKind;
  /** meters alone have it */
  meter?: boolean;
}

export type EditedField =
  | 'name' | 'building' | 'location' | 'medium' | 'vendor' | 'model' | 'serial' | 'contractor' | 'multiplier' | 'parent_meter' | 'fed_by' | 'gateway' | 'externals'
  | 'installed_on' | 'commissioned_on' | 'verification_due_on' | 'expected_life_years' | 'replacement_cost_cny' | 'failure_cost_cny' | 'note';

export const groups: readonly { name: 'what' | 'links' | 'life' | 'rest'; fields: readonly Field[] }[] = [
  {
    name: 'what', fields: [
      { name: 'name', kind: 'text' }, { name: 'building', kind: 'building' }, { name: 'location', kind: 'text' }, { name: 'medium', kind: 'medium', meter: true },
      { name: 'vendor', kind: 'text' }, { name: 'model', kind: 'text' }, { name: 'serial', kind: 'text' }, { name: 'contractor', kind: 'text' },
    ],
  },
  {
    name: 'links', fields: [
      { name: 'multiplier', kind: 'number', meter: true }, { name: 'parent_meter', kind: 'text', meter: true }, { name: 'fed_by', kind: 'refs' },
      { name: 'gateway', kind: 'text' }, { name: 'externals', kind: 'pairs' },
    ],
  },
  {
    name: 'life', fields: [
      { name: 'installed_on', kind: 'day' }, { name: 'commissioned_on', kind: 'day' }, { name: 'verification_due_on', kind: 'day', meter: true },
      { name: 'expected_life_years', kind: 'number' }, { name: 'replacement_cost_cny', kind: 'number' }, { name: 'failure_cost_cny', kind: 'number' },
    ],
  },
  { name: 'rest', fields: [{ name: 'note', kind: 'long' }] },
];

export type Draft = Record<EditedField, string>;

export function fieldsOf(kind: string): Field[] {
  return groups.flatMap((group) => group.fields).filter((field) => !field.meter || kind === 'meter');
}

/** A value as it stands in a form. A number that is not known is empty, not 0. */
export function draftOf(device: Partial<Device>): Draft {
  const draft = {} as Draft;
  for (const { name, kind } of groups.flatMap((group) => group.fields)) {
    const value = device[name];
    if (kind === 'number') draft[name] = value ? String(value) : '';
    else if (kind === 'refs') draft[name] = ((value ?? []) as string[]).join(', ');
    else if (kind === 'pairs') draft[name] = Object.entries((value ?? {}) as Record<string, string>).map(([scheme, text]) => `${scheme}=${text}`).join('\n');
    else draft[name] = (value as string | undefined) ?? '';
  }
  return draft;
}

/** What is wrong with the form of a text, before the server is asked; none of it is about meaning. */
export type Mistake = 'number' | 'pairs';

/** The value that a text says; null is empty. */
export function valueOf(field: Field, text: string): { value: unknown } | { mistake: Mistake } {
  const trimmed = text.trim();
  if (field.kind === 'number') {
    if (trimmed === '') return { value: null };
    const n = Number(trimmed.replace(/[,\s]/g, ''));
    return Number.isFinite(n) ? { value: n } : { mistake: 'number' };
  }
  if (field.kind === 'refs') return { value: trimmed.split(/[,，、;；\s]+/).filter(Boolean) };
  if (field.kind === 'pairs') {
    const pairs: Record<string, string> = {};
    for (const line of trimmed.split(/\n+/).map((one) => one.trim()).filter(Boolean)) {
      const at = line.search(/[=＝:：]/);
      if (at < 1 || at === line.length - 1) return { mistake: 'pairs' };
      pairs[line.slice(0, at).trim()] = line.slice(at + 1).trim();
    }
    return { value: pairs };
  }
  return { value: trimmed === '' ? null : trimmed };
}

export interface Changed {
  /** what goes to the server */
  values: Record<string, unknown>;
  mistakes: Partial<Record<EditedField, Mistake>>;
}

/** What differs from what was read; with everything that is not empty for a new device. As a merge patch, pairs that went are null. */
export function changesOf(kind: string, before: Draft | undefined, draft: Draft): Changed {
  const changed: Changed = { values: {}, mistakes: {} };
  for (const field of fieldsOf(kind)) {
    const text = draft[field.name];
    if (before ? text.trim() === before[field.name].trim() : text.trim() === '') continue;
    const read = valueOf(field, text);
    if ('mistake' in read) {
      changed.mistakes[field.name] = read.mistake;
      continue;
    }
    let { value } = read;
    if (field.kind === 'pairs' && before) {
      const old = valueOf(field, before[field.name]);
      const gone = 'value' in old ? Object.keys(old.value as object).filter((scheme) => !(scheme in (value as object))) : [];
      value = { ...Object.fromEntries(gone.map((scheme) => [scheme, null])), ...(value as object) };
    }
    changed.values[field.name] = value;
  }
  return changed;
}
