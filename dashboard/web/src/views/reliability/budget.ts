// A budget as people type it: 2000000, 2,000,000, 200万, 1.2亿, ¥2m. Empty is without a limit.

/** Of what a sum may be in, with how many yuan it is. */
const units: Record<string, number> = { '': 1, k: 1e3, 千: 1e3, 万: 1e4, 百万: 1e6, m: 1e6, 千万: 1e7, 亿: 1e8, bn: 1e9 };
const least = 1;
/** Twelve digits, as many as an address and the report take. */
const most = 999_999_999_999;

export type WrongBudget = 'unreadable' | 'small' | 'large';

/** The sum in whole yuan, 0 without a limit; or what is wrong with it. */
export function readBudget(typed: string): number | WrongBudget {
  // Digits and signs of a Chinese keyboard are those of the others, only wider.
  const text = typed.normalize('NFKC').toLowerCase().replace(/[\s¥]/g, '').replace(/元$/, '');
  if (text === '') return typed.trim() === '' ? 0 : 'unreadable';
  // Thousands have three digits, or four as in Chinese; 1,5 is neither.
  const parts = /^((?:\d+|\d{1,3}(?:,\d{3})+|\d{1,4}(?:,\d{4})+)(?:\.\d+)?)(\D*)$/.exec(text);
  const unit = parts ? units[parts[2]!] : undefined;
  if (!parts || unit === undefined) return 'unreadable';
  const yuan = Number(parts[1]!.replaceAll(',', '')) * unit;
  return yuan < least ? 'small' : yuan > most ? 'large' : Math.round(yuan);
}
