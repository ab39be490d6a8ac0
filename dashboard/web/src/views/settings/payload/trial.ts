// A message that is tried: the answer is of exactly what was sent, and is dropped when
// something else stands there by then. What is replayed was tried as it stands.
import { computed, onScopeDispose, shallowRef, watch, type Ref, type ShallowRef } from 'vue';
import { fromBase64, fromHex, textOf, toBase64 } from './bytes';
import { useDeed } from '../parts/deed';
import type { Problem } from '../../../api/call';
import { send, type AnswerOf } from '../../../api/client';

export type Form = 'text' | 'hex' | 'base64';
export type Trial = AnswerOf<'/dead-letters/try', 'post'>;

export interface Tried {
  busy: ShallowRef<boolean>;
  problem: ShallowRef<Problem | undefined>;
  /** it is not of the form that it is said to be */
  unreadable: ShallowRef<boolean>;
  tryIt(): Promise<void>;
}

/** Tries what stands in topic and payload, and keeps what became of it in trial. */
export function useTrial({ topic, payload, form, trial }: { topic: Ref<string>; payload: Ref<string>; form: Ref<Form>; trial: Ref<Trial | undefined> }): Tried {
  const { busy, problem, run, forget } = useDeed();
  const unreadable = shallowRef(false);
  const bytes = computed(() => (form.value === 'hex' ? fromHex(payload.value) : form.value === 'base64' ? fromBase64(payload.value) : undefined));
  let asked: AbortController | undefined;
  watch([topic, payload, form], () => {
    asked?.abort();
    trial.value = undefined;
    unreadable.value = false;
    forget();
  });
  onScopeDispose(() => asked?.abort());

  async function tryIt(): Promise<void> {
    if (form.value !== 'text' && !bytes.value) {
      unreadable.value = true;
      return;
    }
    await run(async () => {
      const mine = (asked = new AbortController());
      const body = form.value === 'text'
        ? { topic: topic.value.trim(), payload: payload.value }
        : { topic: topic.value.trim(), ...(textOf(bytes.value!) === undefined ? { payload_base64: toBase64(bytes.value!) } : { payload: textOf(bytes.value!)! }) };
      try {
        const { value } = await send('post', '/dead-letters/try', { body, signal: mine.signal });
        if (!mine.signal.aborted) trial.value = value;
      } catch (failure) {
        if (!mine.signal.aborted) throw failure;
      }
    });
  }
  return { busy, problem, unreadable, tryIt };
}
