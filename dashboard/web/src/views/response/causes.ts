// What causes are called: a rule by the title that it has now, or that the analysis found; what
// people entered by its kind.
import { i18n, say, word, words } from '../../i18n';
import { list } from '../../api/client';
import { useLoad } from '../../use/load';
import type { Bilingual } from '../../live/protocol';

export function useCauses(found: () => Record<string, Bilingual> | undefined): (name: string) => string {
  const rules = useLoad(() => 'once', async (signal) => {
    const page = await list('/alert-rules', { query: { limit: 1000 }, signal });
    return new Map((page.items as { name?: string; title?: Bilingual }[]).map((rule) => [rule.name ?? '', rule.title]));
  });
  return (name) => {
    const title = say(rules.value.value?.get(name)) || say(found()?.[name]);
    if (title) return title;
    const key = `response.kinds.${name}`;
    return i18n.global.te(key) ? i18n.global.t(key) : word(words().kind, name);
  };
}
