// What became of a number from one run to another.
import type { NumberChange } from '../../api/schema';

export interface Then {
  value: number | null;
  low?: number | null;
  high?: number | null;
  n: number;
}

export type Change = Omit<NumberChange, 'was' | 'is'> & { kind: string; was?: Then; is?: Then };

/** What is known of the difference: the intervals are apart, they overlap, there is none, or one run lacks the number. */
export type Verdict = 'apart' | 'overlap' | 'untold' | 'new' | 'gone' | 'lost' | 'found';

export function verdictOf({ was, is }: Change): Verdict {
  if (!was) return 'new';
  if (!is) return 'gone';
  if (is.value === null) return 'lost';
  if (was.value === null) return 'found';
  const spans = [was, is].map(({ low, high }) => (low === null && high === null) || (low === undefined && high === undefined) ? undefined : [low ?? -Infinity, high ?? Infinity] as const);
  const [a, b] = spans;
  if (!a || !b) return 'untold';
  return a[1] < b[0] || b[1] < a[0] ? 'apart' : 'overlap';
}

/** How far it moved, as a share of what it was; undefined where that says nothing. */
export function movedBy({ was, is }: Change): number | undefined {
  if (!was || !is || was.value === null || is.value === null || was.value === 0) return undefined;
  return (is.value - was.value) / Math.abs(was.value);
}

/** The kinds of numbers of each analysis that people compare, of those that it writes. */
export const compared: Record<string, readonly string[]> = {
  reliability: ['failure_rate', 'failure_rate_shrunk', 'mtbf', 'mttr', 'mean_repair_time', 'mean_service_time', 'availability', 'repeat_faults', 'callback_rate', 'entrapment_rate', 'trend_exponent', 'current_mtbf'],
  lifetimes: ['fail_90d', 'fail_365d', 'expected_failures_365d', 'b10', 'shape', 'scale', 'brier', 'brier_skill', 'lift_top_decile', 'lift_top_decile_by_age'],
  replacement: ['plan_devices', 'plan_cost', 'plan_avoided', 'plan_mandatory_devices', 'plan_mandatory_cost', 'optimal_age'],
};
