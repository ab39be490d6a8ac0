// What opens under a button: closed by Escape (the button has the keyboard again), by a
// press elsewhere, and when the keyboard leaves it.
import { nextTick, onBeforeUnmount, onMounted, ref, type Ref, type ShallowRef } from 'vue';

export function usePopover(root: Readonly<ShallowRef<HTMLElement | null>>, button: Readonly<ShallowRef<HTMLElement | null>>): {
  open: Ref<boolean>; toggle(to?: boolean): void; close(): void; onKeydown(event: KeyboardEvent): void; onFocusout(event: FocusEvent): void;
} {
  const open = ref(false);
  const outside = (event: PointerEvent) => {
    if (open.value && !root.value?.contains(event.target as Node)) open.value = false;
  };
  onMounted(() => document.addEventListener('pointerdown', outside));
  onBeforeUnmount(() => document.removeEventListener('pointerdown', outside));
  const close = () => {
    open.value = false;
    void nextTick(() => button.value?.focus());
  };
  return {
    open,
    close,
    toggle(to = !open.value) {
      open.value = to;
    },
    onKeydown(event) {
      if (event.key !== 'Escape' || !open.value) return;
      event.stopPropagation();
      close();
    },
    onFocusout(event) {
      const to = event.relatedTarget;
      if (to instanceof Node && !root.value?.contains(to)) open.value = false;
    },
  };
}
