// An exchange is several changes at the server. When one of them is refused, pressing
// again goes on from there: what was done is not done twice, unless it has become
// another thing meanwhile; then it is taken back first.
import { newKey } from '../../api/client';
import { Problem } from '../../api/call';

export interface Step<T> {
  name: string;
  /** what is asked for; other words are another request, with a key of its own */
  wanted: unknown;
  perform(key: string): Promise<T>;
  /** takes back what was done before in other words; without it it stays, and is done again */
  undo?(done: T, key: string): Promise<unknown>;
}

export interface Exchange {
  run(steps: readonly Step<unknown>[]): Promise<void>;
  /** whether a step has been carried out */
  done(name: string): boolean;
  /** forgets everything: it is the exchange of another device */
  clear(): void;
}

export function newExchange(): Exchange {
  const made = new Map<string, { wanted: string; value: unknown }>();
  const keys = new Map<string, { wanted: string; key: string }>();

  /** One key for what is the same request; a refused one was not carried out, and its key is used up. */
  async function once<T>(name: string, wanted: string, perform: (key: string) => Promise<T>): Promise<T> {
    const known = keys.get(name);
    const key = known?.wanted === wanted ? known.key : newKey();
    keys.set(name, { wanted, key });
    try {
      const value = await perform(key);
      keys.delete(name);
      return value;
    } catch (failure) {
      if (failure instanceof Problem && failure.status !== 0) keys.delete(name);
      throw failure;
    }
  }
  async function takeBack(step: Pick<Step<unknown>, 'name' | 'undo'>): Promise<void> {
    const before = made.get(step.name);
    if (!before) return;
    if (step.undo) await once(`${step.name} undone`, before.wanted, (key) => step.undo!(before.value, key));
    made.delete(step.name);
  }
  return {
    async run(steps) {
      for (const step of steps) {
        const wanted = JSON.stringify(step.wanted);
        if (made.get(step.name)?.wanted === wanted) continue;
        await takeBack(step);
        if (step.wanted === undefined) continue; // no longer wanted
        made.set(step.name, { wanted, value: await once(step.name, wanted, (key) => step.perform(key)) });
      }
    },
    done: (name) => made.has(name),
    clear() {
      made.clear();
      keys.clear();
    },
  };
}
