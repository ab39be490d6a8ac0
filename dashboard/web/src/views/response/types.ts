// The documents of the analyses "response" and "scorecard", as they stand in the store
// (analytics/standards/report.go, analytics/response). The API's document does not
// describe them: they are JSON to it.
import type { Bilingual } from '../../live/protocol';

export interface Within {
  n: number;
  met: number;
  breached: number;
  share: number | null;
  low: number | null;
  high: number | null;
  undecided: number;
  worst?: number;
  best?: number;
  why?: string;
}

export interface Quantile {
  value: number | null;
  low: number | null;
  high: number | null;
  at_least?: number;
  why?: string;
}

export type Verdict = 'better' | 'worse' | 'no difference shown';

/** Against all others together, by Fisher's exact test after Holm. */
export interface Comparison {
  groups: number;
  others: number;
  p_adjusted: number;
  simultaneous_low: number | null;
  simultaneous_high: number | null;
  verdict: Verdict;
}

interface Summary {
  n: number;
  open: number;
  median: Quantile;
  p90: Quantile;
  p95: Quantile;
  within?: Within;
}

/** The ends of the interval of a quantile, and why there is no end. Documents of before have none. */
export interface Limits {
  low: number | null;
  high: number | null;
  why?: string;
}

export interface Hour {
  hour: number;
  n: number;
  median: number | null;
  median_limits?: Limits;
  within: Within | null;
}

/** Clocks that have something in common: a project, a cause. */
export interface Part {
  name: string;
  n: number;
  open: number;
  median: number | null;
  median_limits?: Limits;
  p90: number | null;
  p90_limits?: Limits;
  p95: number | null;
  p95_limits?: Limits;
  within: Within | null;
  against_others?: Comparison;
}

export interface Repeats {
  days: number;
  n: number;
  repeats: number;
  share: number | null;
  low: number | null;
  high: number | null;
  why?: string;
}

export interface Contractor extends Summary {
  contractor: string;
  against_others?: Comparison;
  repeats: Repeats;
  penalties?: { month: string; breaches: number; earlier?: number; open: number; yuan: number; uncapped_yuan: number }[];
  penalty_yuan: number | null;
}

export interface Account extends Summary {
  standard: string;
  title: Bilingual;
  limit_seconds: number | null;
  void: number;
  open_running: { n: number; median: number | null; longest: number | null };
  by_hour: Hour[];
  by_cause: Part[] | null;
  by_contractor?: Contractor[];
  warnings?: string[];
}

export interface FixedLimit {
  standard: string;
  title: Bilingual;
  basis: string;
  basis_zh?: string;
  limit_seconds: number;
  within: Within | null;
}

export interface ResponseReport {
  from: string;
  to: string;
  now: string;
  clocks: Account[] | null;
  fixed_limits?: FixedLimit[];
  /** of the causes that are rules, as their last incident was called; documents of before have none */
  cause_titles?: Record<string, Bilingual>;
  unusable?: number;
}

export interface ProjectsReport {
  standard: string;
  projects: Part[];
}

export interface ContractorsReport {
  month: string;
  now: string;
  contractors: Contractor[];
  omitted?: number;
  unusable?: number;
  dropped?: number;
}

export interface LateOrder {
  contractor: string;
  region: string;
  project: string;
  order: string;
  urgent: boolean;
  created: string;
  due: string;
  done?: string;
  over_seconds: number;
  yuan: number;
}

export interface PenaltiesReport {
  month: string;
  orders: LateOrder[] | null;
  omitted?: number;
}
