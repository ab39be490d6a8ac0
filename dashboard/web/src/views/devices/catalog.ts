// The metrics of the contract with their units. They are those of the program and never
// change while it runs: asked for once.
import { shallowRef } from 'vue';
import { get } from '../../api/client';
import { Problem } from '../../api/call';

type Kind = 'gauge' | 'counter' | 'state';
const metrics = shallowRef<ReadonlyMap<string, { unit: string; kind: Kind }>>(new Map());
let asked = false;

async function load(): Promise<void> {
  asked = true;
  try {
    const { items } = await get('/metrics-catalog', {});
    metrics.value = new Map((items ?? []).map((one) => [one.name ?? '', { unit: one.unit ?? '', kind: (one.kind ?? 'gauge') as Kind }]));
  } catch (failure) {
    asked = false;
    if (!(failure instanceof Problem)) throw failure; // numbers stand without units until then
  }
}

/** The unit of a metric; empty for a pure number, for a state in words, and for what the contract does not know. */
export function unitOfMetric(name: string): string {
  if (!asked) void load();
  return ['door_open', 'passenger', 'direction'].includes(name) ? '' : metrics.value.get(name)?.unit ?? '';
}

export function kindOfMetric(name: string): Kind | undefined {
  if (!asked) void load();
  return metrics.value.get(name)?.kind;
}
