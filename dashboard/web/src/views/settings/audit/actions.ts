// The words of the log in the present language.
import { useI18n } from 'vue-i18n';
import { actionText } from './entry';

type Words = Record<string, string>;

export function useActions(): (action: string) => string {
  const { t, tm } = useI18n();
  return (action) => actionText(action, {
    kinds: tm('settings-audit.kinds') as Words, verbs: tm('settings-audit.verbs') as Words, whole: tm('settings-audit.whole') as Words,
    order: (object, verb) => t('settings-audit.order', { object, verb }),
  });
}
