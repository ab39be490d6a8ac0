// Which meter is behind which, and what each balance says.
import type { Estimate } from '../../format/format';
import type { Item } from './wire';

export interface Account {
  unit: string;
  parent: string; // metering point
  children: string[];
  days: number;
  hours: number;
  children_kwh?: number;
  loss: Estimate;
  share: Estimate;
  verdict: string;
  why?: string;
  since?: string | null;
  jump?: Estimate | null;
  stopped?: string;
  daily: { date: string; parent: number; loss: number }[];
}

export type Verdict = 'balanced' | 'loss' | 'irregular' | 'theft' | 'missing' | 'negative' | 'none';
const verdicts: Record<string, Verdict> = {
  balanced: 'balanced', loss: 'loss', 'irregular loss': 'irregular', 'theft suspected': 'theft', 'missing meter': 'missing', 'children exceed parent': 'negative',
};
export const verdictOf = (account: Account | undefined): Verdict => verdicts[account?.verdict ?? ''] ?? 'none';
/** What somebody has to go and look at. */
export const alarming: ReadonlySet<Verdict> = new Set<Verdict>(['theft', 'missing', 'loss', 'negative']);

export interface Meter {
  id: string;
  name?: string;
  medium?: string;
  building?: string;
  parent_meter?: string;
  state?: string;
}

export interface Node {
  id: string;
  name: string;
  medium: string;
  building: string;
  depth: number;
  children: Node[];
  use: Item | undefined;
  account: Account | undefined;
  retired: boolean;
  /** what there may well be of it was too much to be read: it is not as if there were too little data */
  unread: { use: boolean; account: boolean };
}

/** What was not read of a tree. */
export interface Unread {
  /** media of which some meters used less than those that were read */
  media: ReadonlySet<string>;
  /** metering points whose account was not read */
  points: ReadonlySet<string>;
}
const nothing: Unread = { media: new Set(), points: new Set() };

/** The metering points of parents, those that pass most first: whatever is cut off is the least. */
export function pointsOf(parents: Iterable<string>, uses: readonly Item[]): string[] {
  const byDevice = new Map(uses.flatMap((use) => [[use.point ?? '', use], [use.device ?? '', use]] as const));
  const passed = new Map<string, number>();
  for (const id of parents) passed.set(byDevice.get(id)?.point ?? id, byDevice.get(id)?.total.use ?? -1);
  return [...passed].sort(([a, most], [b, other]) => other - most || a.localeCompare(b)).map(([point]) => point);
}

/** The trees of those that have meters behind them. A parent that the registry does not know is none. */
export function treeOf(meters: readonly Meter[], uses: readonly Item[], accounts: ReadonlyMap<string, Account>, unread = nothing): Node[] {
  const byDevice = new Map(uses.flatMap((use) => [[use.point ?? '', use], [use.device ?? '', use]] as const));
  const nodes = new Map<string, Node>(meters.map((one) => [one.id, {
    id: one.id, name: one.name ?? '', medium: one.medium ?? '', building: one.building ?? '', depth: 0, children: [],
    use: byDevice.get(one.id), account: undefined, retired: one.state === 'retired' || one.state === 'replaced', unread: { use: false, account: false },
  }]));
  for (const node of nodes.values()) {
    const point = node.use?.point ?? node.id;
    node.account = accounts.get(point);
    node.unread = { use: !node.use && unread.media.has(node.medium || 'electricity'), account: unread.points.has(point) };
  }
  const tops: Node[] = [];
  for (const one of meters) {
    const node = nodes.get(one.id)!;
    const parent = one.parent_meter ? nodes.get(one.parent_meter) : undefined;
    if (parent && parent !== node && parent.medium === node.medium && !behind(parent, node)) parent.children.push(node);
    else tops.push(node);
  }
  const used = (node: Node) => node.use?.total.use ?? -1;
  const order = (list: Node[], depth: number) => {
    list.sort((a, b) => used(b) - used(a) || a.id.localeCompare(b.id));
    for (const node of list) {
      node.depth = depth;
      order(node.children, depth + 1);
    }
  };
  order(tops, 0);
  return tops.filter((node) => node.children.length > 0);
}

/** What those behind a meter counted together: null where of one nothing is known, undefined where of one nothing was read. */
export function sumBehind(node: Node): number | null | undefined {
  const present = node.children.filter((child) => !child.retired);
  if (present.some((child) => child.unread.use)) return undefined;
  const known = present.map((child) => child.use?.total.use ?? null);
  return known.length === 0 || known.some((use) => use === null) ? null : known.reduce<number>((sum, use) => sum + (use ?? 0), 0);
}

/** Whether one is somewhere behind another: a circle of parents is none. */
function behind(one: Node, other: Node): boolean {
  return other.children.some((child) => child === one || behind(one, child));
}

/** The nodes in the order in which they are shown: those behind a folded one are not. */
export function shownOf(tops: readonly Node[], folded: ReadonlySet<string>): Node[] {
  return tops.flatMap((node) => [node, ...(folded.has(node.id) ? [] : shownOf(node.children, folded))]);
}
