// What is being written in a form: not thrown away unasked, and not overwritten when what
// is stored has become another version meanwhile.
import { computed, nextTick, shallowReactive, shallowRef, watch, type ComputedRef, type ShallowRef } from 'vue';
import { useI18n } from 'vue-i18n';
import { useWritten } from '../../../use/escape';
import { rebased, same } from '../../../use/form';

/** Asks before a form that is half filled is left. Panels are closed by their address: whatever closes one comes by here. */
export function useUnsaved(written: () => boolean): void {
  const { t } = useI18n();
  useWritten(written, () => t('settings.discard'), (to, was) => to.path === was.path);
}

export interface Draft<T> {
  draft: T;
  changed: ComputedRef<boolean>;
  /** another version was read under what is typed */
  renewed: ShallowRef<boolean>;
  /** this is stored now */
  settle(sent: T): void;
  /** reads the version that somebody else has made; what was typed stays, and can be saved over it */
  again(reload: () => Promise<void>, forget: () => void): Promise<void>;
}

/** What is edited of an object that stored() reads, now and then anew; nothing stands there before. */
export function useDraft<T extends object>(nothing: T, stored: () => T | undefined): Draft<T> {
  const draft = shallowReactive({ ...nothing }) as T;
  const kept = shallowRef(nothing);
  const renewed = shallowRef(false);
  watch(stored, (now) => {
    if (!now) return;
    Object.assign(draft, rebased(draft, kept.value, now));
    kept.value = now;
  }, { immediate: true });
  return {
    draft,
    changed: computed(() => !same(draft, kept.value)),
    renewed,
    settle(sent) {
      kept.value = sent;
      renewed.value = false;
    },
    async again(reload, forget) {
      const before = kept.value;
      await reload();
      await nextTick(); // until it stands here
      if (kept.value === before) return; // it could not be read
      renewed.value = true;
      forget();
    },
  };
}
