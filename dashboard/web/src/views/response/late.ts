// Orders for which contracts take something: those that a list shows, and what it leaves out.
import type { At } from '../../use/at';
import type { LateOrder, PenaltiesReport } from './types';

export interface Late {
  /** the dearest first */
  shown: LateOrder[];
  /** how many there are of what was asked for */
  n: number;
  /** n is a least number: the analysis did not keep the cheapest ones, of which some may be among them */
  orMore: boolean;
  /** known to be among those that were asked for, and not shown */
  left: number;
  /** not kept by the analysis, of the whole company */
  omitted: number;
}

export function lateOf(report: PenaltiesReport | undefined, of: { contractor: string; place: At | undefined }, most: number): Late {
  const all = report?.orders ?? [];
  const omitted = report?.omitted ?? 0;
  const { contractor, place } = of;
  const found = all
    .filter((order) => (!contractor || order.contractor === contractor) && (!place?.region || (order.region === place.region && (!place.project || order.project === place.project))))
    .sort((a, b) => b.yuan - a.yuan);
  const everything = !contractor && !place?.region;
  const n = found.length + (everything ? omitted : 0);
  const shown = found.slice(0, most);
  return { shown, n, orMore: !everything && omitted > 0, left: n - shown.length, omitted };
}
