// Files that the server takes seconds to make: fetched by the page, so that it can say
// how it goes, and then given to the browser to be kept.
import { onScopeDispose, ref, shallowRef, type Ref, type ShallowRef } from 'vue';
import { Problem, problemOf } from '../api/call';

export interface Download {
  /** what is being made; empty when nothing is */
  name: Ref<string>;
  /** seconds since it was asked for */
  seconds: Ref<number>;
  bytes: Ref<number>;
  problem: ShallowRef<Problem | undefined>;
  /** one at a time: while one is being made another is not begun */
  fetch(name: string, address: string): Promise<void>;
  cancel(): void;
}

export function useDownload(): Download {
  const name = ref('');
  const seconds = ref(0);
  const bytes = ref(0);
  const problem = shallowRef<Problem>();
  let asked: AbortController | undefined;

  async function fetchFile(what: string, address: string): Promise<void> {
    if (name.value) return;
    const mine = (asked = new AbortController());
    name.value = what;
    seconds.value = bytes.value = 0;
    problem.value = undefined;
    const since = Date.now();
    const tick = window.setInterval(() => (seconds.value = Math.round((Date.now() - since) / 1000)), 500);
    try {
      const answer = await fetch(address, { credentials: 'same-origin', cache: 'no-store', signal: mine.signal });
      if (!answer.ok) throw problemOf(answer, await answer.text().catch(() => ''));
      const parts: BlobPart[] = [];
      const reader = answer.body?.getReader();
      for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) {
        parts.push(part.value as BlobPart);
        bytes.value += part.value.byteLength;
      }
      keep(new Blob(parts, { type: answer.headers.get('Content-Type') ?? '' }), /filename="([^"]+)"/.exec(answer.headers.get('Content-Disposition') ?? '')?.[1] ?? what);
    } catch (failure) {
      if (mine.signal.aborted) return;
      problem.value = failure instanceof Problem ? failure : new Problem(0, 'unreachable', '', 0);
    } finally {
      window.clearInterval(tick);
      if (asked === mine) name.value = '';
    }
  }
  const cancel = () => {
    asked?.abort();
    name.value = '';
  };
  onScopeDispose(() => asked?.abort());
  return { name, seconds, bytes, problem, fetch: fetchFile, cancel };
}

/** Reads a value of which the making may take longer than an ordinary answer. */
export async function readSlowly<T>(address: string, signal: AbortSignal): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(address, { credentials: 'same-origin', cache: 'no-store', signal, headers: { Accept: 'application/json' } });
    if (answer.ok) return (await answer.json()) as T;
  } catch (failure) {
    if (signal.aborted) throw failure;
    throw new Problem(0, 'unreachable', '', 0);
  }
  throw problemOf(answer, await answer.text().catch(() => ''));
}

function keep(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
