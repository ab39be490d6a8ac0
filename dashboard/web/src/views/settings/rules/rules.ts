// Rules as the settings show them: what is asked of the server, and who may do what.
import { list, type AnswerOf, type ItemOf } from '../../../api/client';
import { may } from '../../../session/session';

export type Rule = ItemOf<'/alert-rules'>;
export type Backtest = AnswerOf<'/alert-rules/backtest', 'post'>;
export type Mode = 'enabled' | 'shadow' | 'disabled';

export const modes: readonly Mode[] = ['enabled', 'shadow', 'disabled'];
export const modeIcons: Record<Mode, string> = { enabled: 'check', shadow: 'silent', disabled: 'pause' };
export const kinds = ['value', 'rate', 'increase', 'event', 'absence', 'combination', 'sql'] as const;

export function modeOf(rule: { mode?: string | undefined }): Mode {
  return modes.includes(rule.mode as Mode) ? (rule.mode as Mode) : 'enabled';
}

/** Made in the application; the others stand in files. */
export function ownRule(rule: Rule): boolean {
  return rule.source === 'api';
}

/** All of them: an installation has at most some thousand, and most a few dozen. */
export async function everyRule(signal: AbortSignal): Promise<Rule[]> {
  const all: Rule[] = [];
  let cursor: string | undefined;
  do {
    const page = await list('/alert-rules', { query: { limit: 1000, cursor }, signal });
    all.push(...page.items);
    cursor = page.next;
  } while (cursor);
  return all;
}

/** Whether this person may change the rule here. One of a file is replaced by one of its name, for all that the file's watches: that is for administrators of headquarters. */
export function mayChangeRule(rule: Rule): boolean {
  const place = { region: rule.place?.region, project: rule.place?.project };
  if (ownRule(rule)) return rule.version !== undefined && rule.version > 0 && may('configure', place);
  return may('administer');
}

/** What is wrong at a line, and with which field, such as combine.of, where the server names one. */
export interface RuleFault {
  line: number;
  field: string;
  text: string;
}

/** The server says "rule NAME: field: what is wrong", or "line 3: rule NAME: …". */
export function ruleFault(line: number, problem: string): RuleFault {
  const numbered = /^line (\d+)(?:, column \d+)?: (.*)$/s.exec(problem);
  const text = (numbered?.[2] ?? problem).replace(/^rule (?:[^\s:]+|without a name): /, '');
  const named = /^([a-z_]+(?:\.[^\s:]+)?): (.*)$/s.exec(text);
  return { line: line || Number(numbered?.[1] ?? 0), field: named?.[1] ?? '', text: named?.[2] ?? text };
}
