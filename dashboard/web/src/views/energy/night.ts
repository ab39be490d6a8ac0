// What the nights of a water meter tell, as the analysis writes it.
import type { Estimate } from '../../format/format';
import { askDocument, type Evidence, type Finding, type Run } from './wire';

export interface Leak {
  since: string | null;
  since_low: string | null;
  since_high: string | null;
  until: string | null;
  nights: number;
  rate: Estimate;
  m3: Estimate;
  m3_year: Estimate;
}

export interface NightFlow {
  nights: number;
  why?: string;
  base: Estimate | null;
  leak: Leak | null;
  history: Leak[];
  minima: { date: string; flow: number }[];
}

/** From the document of the run; of a run that kept none, from the evidence of a finding. */
export async function askNights(run: Run, where: { region: string; project: string; subject: string }, finding: () => Promise<Finding | undefined>, signal: AbortSignal): Promise<NightFlow | null> {
  const kept = await askDocument<NightFlow>(run.id, 'night_flow', where, signal);
  if (kept) return kept;
  const evidence: Evidence | undefined = (await finding())?.evidence;
  if (!evidence?.at) return null;
  return {
    nights: evidence.at.length, base: typeof evidence.level === 'number' ? { value: evidence.level } : null, leak: null, history: [],
    minima: evidence.at.flatMap((date, i) => (typeof evidence.value[i] === 'number' ? [{ date, flow: evidence.value[i] }] : [])),
  };
}
