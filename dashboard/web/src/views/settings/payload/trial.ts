// A message that is tried: the answer is of exactly what was sent, and is dropped when
// something else stands there by then. What is replayed was tried as it stands.
import { onScopeDispose, shallowRef, watch, type Ref, type ShallowRef } from 'vue';
import { bytesIn, textOf, toBase64, writtenIn, type Form } from './bytes';
import { useDeed } from '../parts/deed';
import type { Problem } from '../../../api/call';
import { send, type AnswerOf } from '../../../api/client';

export type Trial = AnswerOf<'/dead-letters/try', 'post'>;

export interface Tried {
  busy: ShallowRef<boolean>;
  problem: ShallowRef<Problem | undefined>;
  /** it is not of the form that it is said to be */
  unreadable: ShallowRef<boolean>;
  /** what it is not, and could therefore not be turned */
  kept: ShallowRef<Form | undefined>;
  /** writes the same bytes in another form; what is none of its own form is left as it stands, for it was meant in the other one, maybe */
  turn(to: Form): void;
  tryIt(): Promise<void>;
}

/** Tries what stands in topic and payload, and keeps what became of it in trial. */
export function useTrial({ topic, payload, form, trial }: { topic: Ref<string>; payload: Ref<string>; form: Ref<Form>; trial: Ref<Trial | undefined> }): Tried {
  const { busy, problem, run, forget } = useDeed();
  const unreadable = shallowRef(false);
  const kept = shallowRef<Form>();
  let asked: AbortController | undefined;
  watch([topic, payload, form], () => {
    asked?.abort();
    trial.value = undefined;
    unreadable.value = false;
    forget();
  });
  watch(payload, () => (kept.value = undefined));
  onScopeDispose(() => asked?.abort());

  function turn(to: Form): void {
    if (to === form.value) return;
    const bytes = bytesIn(form.value, payload.value);
    const written = bytes && writtenIn(to, bytes);
    kept.value = written !== undefined ? undefined : bytes ? 'text' : form.value;
    if (written !== undefined) payload.value = written;
    if (!bytes || written !== undefined) form.value = to;
  }

  async function tryIt(): Promise<void> {
    const sent = bytesIn(form.value, payload.value);
    if (!sent) {
      unreadable.value = true;
      return;
    }
    await run(async () => {
      const mine = (asked = new AbortController());
      const text = textOf(sent);
      const body = { topic: topic.value.trim(), ...(text === undefined ? { payload_base64: toBase64(sent) } : { payload: text }) };
      try {
        const { value } = await send('post', '/dead-letters/try', { body, signal: mine.signal });
        if (!mine.signal.aborted) trial.value = value;
      } catch (failure) {
        if (!mine.signal.aborted) throw failure;
      }
    });
  }
  return { busy, problem, unreadable, kept, turn, tryIt };
}
