// What a new rule begins with.
import { isJSON, writeField } from './ruleText';
import type { At } from '../../../use/at';

const blank = `name: ""
kind: value
class: meter
incident: overload
severity: warning
title: { zh: "", en: "" }
metric: power_kw
when: value > 400
for: 5m
until: value < 380
unit: kW
runbook:
  zh: ""
  en: ""
`;

/** Of a rule that is copied all but its name; at the place that is looked at, for there one may make it. */
export function draftOf(source: string, at: At): string {
  const place = at.region ? (at.project ? `${at.region}/${at.project}` : at.region) : '';
  let text = source || blank;
  if (source) text = writeField(text, 'name', `${/^name: *"?([a-z0-9_-]+)/m.exec(source)?.[1] ?? 'rule'}-${at.project || at.region || 'copy'}`.slice(0, 64));
  text = writeField(text, 'mode', '');
  return place || isJSON(text) ? writeField(text, 'place', place) : text;
}
