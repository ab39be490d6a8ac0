// What people call the buildings of a project. Until that is known, ids stand for them.
import { shallowRef, watch, type Ref } from 'vue';
import { list } from '../../api/client';
import { Problem } from '../../api/call';
import type { At } from '../../use/at';

export interface Buildings {
  name(region: string, project: string, id: string | undefined): string;
  /** those in use, of the project that is looked at */
  all: Ref<readonly { id: string; name: string }[]>;
}

export function useBuildings(at: Readonly<Ref<At>>): Buildings {
  const names = shallowRef<ReadonlyMap<string, string>>(new Map());
  const all = shallowRef<readonly { id: string; name: string }[]>([]);
  watch(() => `${at.value.region}/${at.value.project}`, async (place) => {
    const { region, project } = at.value;
    all.value = [];
    if (!project) return;
    try {
      const { items } = await list('/buildings', { query: { region, project, limit: 1000, retired: true, sort: 'name' } });
      if (place !== `${at.value.region}/${at.value.project}`) return;
      names.value = new Map([...names.value, ...items.map((one) => [`${place}/${one.id ?? ''}`, one.name || one.id || ''] as const)]);
      all.value = items.filter((one) => !one.retired).map((one) => ({ id: one.id ?? '', name: one.name || one.id || '' }));
    } catch (failure) {
      if (!(failure instanceof Problem)) throw failure; // ids do as well
    }
  }, { immediate: true });
  return { all, name: (region, project, id = '') => names.value.get(`${region}/${project}/${id}`) ?? id };
}
