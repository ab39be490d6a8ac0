// How an analysis that was started from a finding gets on, asked until it has ended.
import { Problem } from '../../api/call';

/** How often a run is asked how it gets on, in milliseconds. */
export const every = 3000;
/** So often in a row the server may not answer; a restart takes less. */
export const mostSilent = 40;
/** So often a run is asked at all: for an hour. It goes on without being watched. */
export const mostAsked = 1200;

/** done and failed are of the run; denied is that it is not told; late, that it was not over in the time that it was watched; gone, that nobody looks any more. */
export type Ended = { how: 'done' | 'failed' | 'late' | 'gone' } | { how: 'denied'; why: Problem };

/** Not that something is wrong with the question: nobody answered it, or answers were put off. */
const unanswered = (failure: Problem) => failure.status === 0 || failure.status === 429 || (failure.status >= 502 && failure.status <= 504);

/** Asks for the state of a run until it has ended, or nobody looks any more. */
export async function follow(ask: () => Promise<string | undefined>, gone: () => boolean, pause: (ms: number) => Promise<void>): Promise<Ended> {
  let silent = 0;
  for (let n = 0; n < mostAsked && silent < mostSilent; n++) {
    await pause(every);
    if (gone()) return { how: 'gone' };
    try {
      const state = await ask();
      silent = 0;
      if (gone()) return { how: 'gone' };
      if (state !== 'queued' && state !== 'running') return { how: state === 'done' ? 'done' : 'failed' };
    } catch (failure) {
      if (!(failure instanceof Problem)) throw failure;
      if (gone()) return { how: 'gone' };
      if (!unanswered(failure)) return { how: 'denied', why: failure };
      silent++;
    }
  }
  return { how: 'late' };
}
