// The device that a form edits: as it is on record, and as it was when it was read. A
// form that is turned to another device begins anew, and what comes late of the one
// before is not shown under the other's address, nor saved there.
import { onScopeDispose, ref, shallowRef, watch, type Ref as VueRef, type ShallowRef } from 'vue';
import { read } from '../../api/client';
import { Problem } from '../../api/call';
import { partsOf, pathOf, type Device, type Ref } from './device';
import { rebased } from '../../use/form';
import { draftOf, type Draft } from './fields';

export interface Edited {
  device: ShallowRef<Device | undefined>;
  etag: VueRef<string>;
  /** as it was when it was read; undefined until then */
  before: ShallowRef<Draft | undefined>;
  draft: VueRef<Draft>;
  failed: ShallowRef<Problem | undefined>;
  /** again: somebody else was faster, and what was typed stays. Whether it was read. */
  load(again?: boolean): Promise<boolean>;
}

/** Of is undefined for a device that is not on record yet; begin is called when the form is another one's. */
export function useEdited(of: () => Ref | undefined, begin: () => void): Edited {
  const device = shallowRef<Device>();
  const etag = ref('');
  const before = shallowRef<Draft>();
  const draft = ref<Draft>(draftOf({}));
  const failed = shallowRef<Problem>();
  let asked: AbortController | undefined;

  async function load(again = false): Promise<boolean> {
    asked?.abort();
    failed.value = undefined;
    const wanted = of();
    if (!wanted) return false;
    const mine = (asked = new AbortController());
    try {
      const answer = await read('/devices/{region}/{project}/{class}/{device}', { path: partsOf(wanted), signal: mine.signal });
      if (asked !== mine || mine.signal.aborted) return false;
      const now = draftOf(answer.value as Device);
      draft.value = again && before.value ? rebased(draft.value, before.value, now) : now;
      device.value = answer.value as Device;
      before.value = now;
      etag.value = answer.etag;
      return true;
    } catch (failure) {
      if (asked !== mine || mine.signal.aborted) return false;
      if (!(failure instanceof Problem)) throw failure;
      failed.value = failure;
      return false;
    }
  }
  watch(() => {
    const wanted = of();
    return wanted ? pathOf(wanted) : '';
  }, () => {
    device.value = undefined;
    before.value = undefined;
    etag.value = '';
    draft.value = draftOf({});
    begin();
    void load();
  }, { immediate: true, flush: 'sync' });
  onScopeDispose(() => asked?.abort());
  return { device, etag, before, draft, failed, load };
}
