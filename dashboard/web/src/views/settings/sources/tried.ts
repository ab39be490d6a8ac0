// The message that is tried, as it was left: what somebody has pasted is there again when he
// comes back from another part, for as long as the page lives.
import { ref } from 'vue';
import type { Form } from '../payload/bytes';

export const topic = ref('');
export const payload = ref('');
export const form = ref<Form>('text');

/** What stood there at first, and nobody wrote. */
const example = { topic: '', payload: '' };

/** Puts an example where nobody has written anything. */
export function beginWith(ofTopic: string, ofPayload: string): void {
  if (topic.value === example.topic) topic.value = ofTopic;
  if (payload.value === example.payload) payload.value = ofPayload;
  Object.assign(example, { topic: ofTopic, payload: ofPayload });
}
