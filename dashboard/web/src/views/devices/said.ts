// What a refused change says to a person: of the fields beside them, the rest in a line.
import { i18n } from '../../i18n';
import type { Problem } from '../../api/call';

export function said(problem: Problem): string {
  const { t, te } = i18n.global;
  if (problem.status === 0) return t('app.codes.unreachable');
  if (problem.status === 412 || problem.code === 'precondition_failed') return t('devices.edit.meanwhile');
  const rest = problem.fields.map((one) => `${one.field.replace(/^body\./, '')}: ${one.problem}`);
  const code = te(`app.codes.${problem.code}`) ? t(`app.codes.${problem.code}`) : problem.message;
  return [code, ...rest].filter(Boolean).join(' ');
}
