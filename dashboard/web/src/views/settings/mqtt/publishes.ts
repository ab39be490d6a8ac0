// On which topics a credential publishes, as the broker's own rules have it.
export const kinds = ['device', 'gateway', 'project'] as const;
export type CredentialKind = (typeof kinds)[number];

export interface Publisher {
  kind?: string;
  region?: string;
  project?: string;
  class?: string;
  device?: string;
  children?: string[] | null;
}

/** The filters, with + for any one part. */
export function publishes(one: Publisher): string[] {
  const base = `property/${one.region}/${one.project}`;
  if (one.kind === 'device') return [`${base}/${one.class}/${one.device}/+`];
  if (one.kind === 'project') return [`${base}/+/+/+`, `${base}/operations/+`];
  return (one.children ?? []).map((child) => `${base}/${child}/+`);
}

const segment = '[a-z0-9][a-z0-9_-]{0,63}';
const one = new RegExp(`^${segment}$`);
const child = new RegExp(`^(meter|elevator|fire|access)/${segment}$`);

/** Whether this can name a device: it is part of a topic. */
export const isDevice = (text: string): boolean => one.test(text);

/** Whether a credential can have this name of its own, behind that of its project. */
export const isOwnName = (text: string): boolean => /^[a-z0-9._-]+$/.test(text);

/** The children of a gateway, one class/id a line; what is none of these is wrong. */
export function childrenOf(text: string): { children: string[]; wrong: string[] } {
  const lines = [...new Set(text.split(/[\s,，;；]+/).map((line) => line.trim()).filter(Boolean))];
  const good = (line: string) => child.test(line);
  return { children: lines.filter(good), wrong: lines.filter((line) => !good(line)) };
}
