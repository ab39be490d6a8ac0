// What the analyses of reliability write besides numbers: the documents of the jobs
// reliability, lifetimes and replacement, as far as these views show them. The API
// hands them on as they were written, so that they are described here.
import type { Bilingual } from '../../live/protocol';

type Maybe = number | null | undefined;

/** A number with its interval; value null: too little data, and why says what is missing. */
export interface Figure {
  value: number | null;
  low?: Maybe;
  high?: Maybe;
  n?: number;
  why?: string;
}

/** Of what class each model is, by its subject ("models", of the company); * of several. */
export interface Models {
  classes: Record<string, string>;
}

/** How often units that are repaired fail as they age ("recurrence", of a model). */
export interface Trend {
  model: string;
  devices_of_unknown_age: number;
  units: number;
  events: number;
  level: number;
  mcf: { time: number; at_risk: number; mcf: number; low: Maybe; high: Maybe }[] | null;
  mcf_method: string;
  crow_amsaa: {
    events: number;
    units: number;
    beta: Maybe;
    lambda: Maybe;
    mtbf: Maybe; // years
    mtbf_at: Maybe;
    intervals: { beta: [Maybe, Maybe]; mtbf: [Maybe, Maybe] } | null;
    gof: { statistic: Maybe; critical: Maybe; level: number; fits: boolean | null; n: number; why?: string } | null;
    units_differ: { p: number } | null;
    at_start: number;
    why?: string;
  };
  trend: {
    direction?: 'deteriorating' | 'improving' | 'steady';
    laplace: { z: number; p: number } | null;
    mil_hdbk_189: { chi_square: number; df: number; p: number } | null;
    n: number;
    level: number;
    why?: string;
  };
  advice: { code: string; text: string }[] | null;
}

/** How long the parts of a pool of like devices live ("life"). */
export interface Life {
  pool: string;
  class: string;
  model?: string;
  vendor?: string;
  devices: number;
  repaired: boolean;
  parts: Part[] | null;
}

export interface Part {
  code: string;
  n: number;
  failures: number;
  family: '' | 'weibull' | 'lognormal' | 'exponential';
  shape: Figure;
  scale: Figure; // years
  log_mean?: number | null;
  log_sd?: number | null;
  b10: Figure; // years; null of few failures
  rate?: Figure; // failures a year, of the exponential family
  survival: { years: number; value: number; low: Maybe; high: Maybe; at_risk: number }[] | null;
  poor_fit: boolean;
  why?: string;
}

/** Forecasts against what then happened ("backtest"). */
export interface Backtest {
  as_of: string;
  horizon_days: number;
  devices: number;
  failed: number;
  brier: Maybe;
  brier_of_base_rate: Maybe;
  skill: Maybe;
  lift_top_decile: Maybe;
  lift_top_decile_by_age: Maybe;
  // not of earlier runs
  left?: number;
  intervals?: Record<'brier' | 'skill' | 'lift_top_decile' | 'lift_top_decile_by_age', { low: Maybe; high: Maybe }>;
  classes?: { class: string; devices: number; failed: number; brier: Maybe; brier_of_base_rate: Maybe; skill: Maybe; lift_top_decile: Maybe; lift_top_decile_by_age: Maybe; why?: string }[] | null;
  calibration: { devices: number; forecast: number; failed: number; low: number; high: number }[] | null;
  wear: { class: string; indicator: string; devices: number; gain: Maybe; used: boolean; tested?: boolean; why?: string }[] | null;
  why?: string;
}

/** What to replace within a budget ("plan"). */
export interface Plan {
  year: number;
  budget_cny: number; // 0: without a limit, or of another place
  budget_of: string; // hq, region or region/project
  cost_cny: number;
  avoided_cny: Figure;
  lines: Line[] | null;
  devices: number;
  devices_without_forecast: number;
  devices_within_budget: number;
  mandatory_devices: number;
  mandatory_cost_cny: number;
  mandatory_short_cny: number;
  devices_without_cost: number;
  devices_kept: number;
  devices_not_worth: number;
  lines_omitted: number;
  lifetimes_run: string;
  as_of: string;
  level: number;
  warnings?: string[];
}

export interface Line {
  rank: number;
  within_budget: boolean;
  mandatory: boolean;
  worth: boolean;
  region: string;
  project: string;
  building?: string;
  class: string;
  device: string;
  name?: string;
  vendor?: string;
  model?: string;
  medium?: string;
  installed_on?: string;
  verification_due_on?: string;
  age_years: Maybe;
  fail_90d: Figure;
  fail_365d: Figure;
  failures_365d: Figure;
  new_failures_365d: Figure;
  pool: string;
  faults_365d: number;
  caveats?: Caveat[];
  action: string;
  due_on?: string;
  cost_cny: number;
  cost_from: string;
  failure_cost_used_cny: number;
  failure_cost_from: string;
  avoided_cny: Figure;
  avoided_failures_365d: Figure;
  yearly_cost_cny: Maybe;
  benefit: Maybe;
  optimal_age_years: Maybe;
  cumulative_cost_cny: number;
  /** of this and all lines before it; runs of earlier versions have none */
  cumulative_avoided_cny?: Figure;
  reasons: (Bilingual & { code: string })[] | null;
}

export type Caveat = Bilingual & { code: string };

/** What replacing at an age costs ("cost_curve", of a pool). */
export interface Curve {
  pool: string;
  class: string;
  devices: number;
  policy: 'age' | 'block' | '';
  planned_cost_cny: number;
  failure_cost_cny: number;
  optimal_age_years: Figure;
  cost_rate_cny_year: Maybe;
  run_to_failure_cny_year: Maybe;
  points: { age_years: number; cost_rate_cny_year: number; low: Maybe; high: Maybe }[] | null;
  warnings?: string[];
  level: number;
  why?: string;
}
