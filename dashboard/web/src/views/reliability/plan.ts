// What a budget buys of the ranked lines of a plan. The rule is that of the analysis
// (rank.go of analytics/replacement): lines are bought in their order until one does not
// fit, what is not worth it never; so a budget is a cut through the list, and the sums
// up to a line are what the analysis wrote on it.
import type { Figure, Line, Plan } from './documents';

export interface Bought {
  /** how many of the lines, from the first */
  lines: number;
  cost: number;
  avoided: Figure;
  mandatory: number;
  /** what the budget lacks for what is mandatory */
  short: number;
  /** the first line that did not fit, and what was left for it */
  next: Line | undefined;
  left: number;
  /** the budget reaches beyond the lines that the plan lists */
  beyond: boolean;
}

const fen = (yuan: number): number => Math.round(yuan * 100);
const candidate = (line: Line): boolean => line.mandatory || line.worth;

/** How many lines may be bought at all: those behind are better kept. */
export function worthwhile(plan: Plan): number {
  const lines = plan.lines ?? [];
  const end = lines.findIndex((line) => !candidate(line));
  return end < 0 ? lines.length : end;
}

/** The budget that a plan was made with; 0 is without a limit, or that of another place, of
 * which neither the yuan nor what is left are this place's. */
export const ownBudget = (plan: Plan, shared: boolean): number => (shared ? 0 : plan.budget_cny);

/** What a budget in yuan buys; 0 is without a limit, undefined is as the plan was made: within
 * a shared budget, where it was made with that of another place. */
export function buy(plan: Plan, budget: number | undefined, shared = false): Bought {
  const lines = plan.lines ?? [];
  const all = worthwhile(plan);
  let n = 0;
  if (budget === undefined) n = lines.filter((line) => line.within_budget).length;
  else while (n < all && (budget === 0 || fen(lines[n]!.cumulative_cost_cny) <= fen(budget))) n++;
  const limit = budget ?? ownBudget(plan, shared);
  const cost = n > 0 ? lines[n - 1]!.cumulative_cost_cny : 0;
  return {
    lines: n, cost,
    avoided: budget === undefined ? plan.avoided_cny : avoidedBy(plan, n),
    mandatory: lines.slice(0, n).filter((line) => line.mandatory).length,
    short: budget === undefined ? (shared ? 0 : plan.mandatory_short_cny) : limit > 0 ? Math.max(0, fen(plan.mandatory_cost_cny) - fen(limit)) / 100 : 0,
    next: limit > 0 && n < all ? lines[n] : undefined,
    left: limit > 0 ? (fen(limit) - fen(cost)) / 100 : 0,
    beyond: plan.lines_omitted > 0 && n === lines.length,
  };
}

/** What the first lines avoid in a year. */
export function avoidedBy(plan: Plan, n: number): Figure {
  const lines = (plan.lines ?? []).slice(0, n);
  if (plan.devices > 0 && plan.devices === plan.devices_without_forecast) return { value: null, why: 'insufficient data: the failures of no device are forecast' };
  if (n === 0) return { value: 0, low: 0, high: 0 };
  const unknown = lines.filter((line) => line.avoided_cny.value === null).length;
  if (unknown === n) return { value: null, why: 'insufficient data: the failures of none of the devices within the budget are forecast' };
  const why = unknown > 0 ? `of ${unknown} devices the failures are not forecast, and count as nothing` : '';
  const sofar = lines[n - 1]!.cumulative_avoided_cny;
  if (sofar && sofar.value !== null) return { ...sofar, why };
  // A run of an earlier version: the intervals of devices do not add up.
  return { value: lines.reduce((sum, line) => sum + (line.avoided_cny.value ?? 0), 0), why: [why, "computed for another budget than the plan's: without an interval"].filter(Boolean).join('; ') };
}

export interface FrontierPoint {
  at: number; // yuan spent
  value: number; // yuan avoided in a year
  low: number | null | undefined;
  high: number | null | undefined;
  lines: number;
  /** of how many of the lines nothing is forecast: they count as nothing */
  unknown: number;
}

/** What each cut through the list costs and avoids. */
export function frontier(plan: Plan): FrontierPoint[] {
  const points: FrontierPoint[] = [{ at: 0, value: 0, low: 0, high: 0, lines: 0, unknown: 0 }];
  let sum = 0;
  let unknown = 0;
  for (const line of (plan.lines ?? []).slice(0, worthwhile(plan))) {
    sum += line.avoided_cny.value ?? 0;
    if (line.avoided_cny.value === null) unknown++;
    const sofar = line.cumulative_avoided_cny;
    points.push({ at: line.cumulative_cost_cny, value: sofar?.value ?? sum, low: sofar?.low, high: sofar?.high, lines: points.length, unknown });
  }
  return points;
}

export interface PlaceSum {
  region: string;
  project: string; // empty: of the region
  devices: number;
  mandatory: number;
  cost: number;
  /** yuan a year of those of which it is forecast; null where it is of none */
  avoided: number | null;
  /** of how many nothing is forecast */
  unknown: number;
}

/** What is bought by region, each followed by its projects; of a region by project. */
export function byPlace(plan: Plan, n: number, within: { region: string }): PlaceSum[] {
  const sums = new Map<string, PlaceSum>();
  const add = (region: string, project: string, line: Line) => {
    const key = `${region}/${project}`;
    let sum = sums.get(key);
    if (!sum) sums.set(key, (sum = { region, project, devices: 0, mandatory: 0, cost: 0, avoided: null, unknown: 0 }));
    sum.devices++;
    sum.mandatory += line.mandatory ? 1 : 0;
    sum.cost += fen(line.cost_cny);
    if (line.avoided_cny.value === null) sum.unknown++;
    else sum.avoided = (sum.avoided ?? 0) + line.avoided_cny.value;
  };
  for (const line of (plan.lines ?? []).slice(0, n)) {
    if (!within.region) add(line.region, '', line);
    add(line.region, line.project, line);
  }
  const all = [...sums.values()].map((sum) => ({ ...sum, cost: sum.cost / 100 }));
  const whole = new Map(all.filter(({ project }) => !project).map((sum) => [sum.region, sum.cost]));
  return all.sort((a, b) => (whole.get(b.region) ?? 0) - (whole.get(a.region) ?? 0) || a.region.localeCompare(b.region)
    || Number(a.project !== '') - Number(b.project !== '') || b.cost - a.cost || a.project.localeCompare(b.project));
}

/** A step of a slider that goes through an amount in some two hundred steps, round in yuan. */
export function stepOf(amount: number): number {
  const raw = Math.max(1, amount / 200);
  const size = 10 ** Math.floor(Math.log10(raw));
  return Math.max(1, [1, 2, 5, 10].map((n) => n * size).find((n) => n >= raw) ?? raw);
}
