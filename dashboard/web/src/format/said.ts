// What a refused request says to a person, in the language of the page: the server's own
// sentence is English, and stands only where its code has no words here.
import { i18n } from '../i18n';
import type { Problem } from '../api/call';

/** The words for a code of the API, or the server's sentence. */
export function saidCode(problem: Problem): string {
  const { t, te } = i18n.global;
  if (problem.status === 0) return t('app.codes.unreachable');
  const known = `app.codes.${problem.code}`;
  return te(known) ? t(known) : problem.message || t('app.state.errorTitle');
}

/** The same, and which fields are wrong. */
export function said(problem: Problem): string {
  return [saidCode(problem), ...problem.fields.map((one) => `${one.field.replace(/^body\./, '')}: ${one.problem}`)].join(' ');
}
