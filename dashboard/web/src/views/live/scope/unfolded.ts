// Which places are unfolded in the tree, as long as the page is open: whoever comes back
// from an incident finds it as he left it.
import { shallowRef } from 'vue';

export const unfolded = shallowRef<ReadonlySet<string>>(new Set(['']));
