// What starts and stops a clock, and who is told, in words.

type Translate = (key: string, named?: Record<string, unknown>) => string;
type Knows = (key: string) => boolean;

export function pointName(t: Translate, te: Knows, point: string): string {
  if (te(`settings-standards.point.${point}`)) return t(`settings-standards.point.${point}`);
  const kind = point.replace(/^event:/, '');
  return te(`settings-standards.event.${kind}`) ? t(`settings-standards.event.${kind}`) : t('settings-standards.event.other', { kind });
}

export function levelName(t: Translate, te: Knows, level: string): string {
  const [base = '', name = ''] = level.split(':');
  const word = te(`settings-standards.level.${base}`) ? t(`settings-standards.level.${base}`) : base;
  return name ? `${word} ${name}` : word;
}
