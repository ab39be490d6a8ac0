// The documents of the analysis "scorecard" (analytics/scorecard/card.go).
export interface Component {
  name: string;
  weight: number;
  value: number | null;
  low: number | null;
  high: number | null;
  unit: string;
  n: number;
  coverage: number;
  limit: number | null;
  score: number | null;
  outside: boolean;
  why?: string;
  parts?: { name: string; value: number; n: number }[];
  scores?: { mean: number; low: number | null; high: number | null; n: number; why?: string };
}

export interface Card {
  month: string;
  score: number | null;
  low: number | null;
  high: number | null;
  known_weight: number;
  coverage: number;
  rank?: number;
  rank_low?: number;
  rank_high?: number;
  of?: number;
  components: Component[];
  warnings?: string[];
  why?: string;
}

export interface Ranked {
  region?: string;
  project?: string;
  score: number | null;
  low: number | null;
  high: number | null;
  known_weight: number;
  rank?: number;
  rank_low?: number;
  rank_high?: number;
  outside?: string[];
  why?: string;
}

export interface Ranking {
  month: string;
  regions?: Ranked[];
  projects: Ranked[];
}

/** The measures in the order in which cards have them. */
export const measures = [
  'response_entrapment', 'response_repair', 'response_complaint', 'complaint_rate', 'collection_rate',
  'inspection_project', 'inspection_region', 'inspection_hq', 'availability', 'energy_intensity',
] as const;
