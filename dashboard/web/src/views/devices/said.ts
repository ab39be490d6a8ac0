// What a refused change says under its form: the labels of the form stand there for the
// names that the API has for its fields.
import type { Problem } from '../../api/call';
import { saidCode } from '../../format/said';
import { i18n } from '../../i18n';

/** Times are by the clocks of a zone: those that the form is filled in by. */
export function saidOf(problem: Problem, zone?: string): string {
  const { t, te } = i18n.global;
  return [saidCode(problem), ...problem.fieldsIn(zone).map(({ field, problem: wrong }) => {
    const label = `devices.fields.${field.replace(/^(body|by)\./, '')}`;
    return te(label) ? t('devices.wrong', { field: t(label), problem: wrong }) : wrong;
  })].join(' ');
}
