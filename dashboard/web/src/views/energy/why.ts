// Why a number is not there, as the server says it, in the language of the page. What
// has no translation stands as it came: a reason is never left out.
import { currentLanguage } from '../../i18n';

const said: readonly (readonly [RegExp, string])[] = [
  [/^no hour of (it|the period) is known$/, '该时段没有任何小时的数据'],
  [/^there is no baseline$/, '没有基准'],
  [/^no building has a baseline$/, '没有一栋楼有基准'],
  [/^the floor area is not known$/, '建筑面积未登记'],
  [/^no finding has a price$/, '没有一条线索有电价'],
  [/^nothing that was mended is verified yet$/, '还没有已验证的整改'],
  [/^some of it has no price$/, '部分用量没有价格'],
  [/^there is no price$/, '没有价格'],
  [/^no tariff: give the project one that has prices for this medium$/, '项目没有该介质的价格，请设置电价'],
  [/^tariff: the project names none.*$/, '项目没有设置电价'],
  [/^tariff: (\S+) has no prices of (\S+); add them to it$/, '电价 $1 中没有 $2 的价格'],
  [/^tariff (\S+): (\S+) has no price on (\S+):.*$/, '电价 $1 在 $3 没有价格'],
  [/^(\d+) of (\d+) buildings have no baseline and are not in it; .*$/, '$2 栋楼中有 $1 栋没有基准，未计入'],
  [/^(\d+) of (\d+) meters have no price for what they used$/, '$2 只表中有 $1 只没有价格'],
  [/^([\d.]+) % of the baseline year's hours were measured, ([\d.]+) % are needed$/, '基准年只有 $1% 的小时有实测，需要 $2%'],
  [/^(\d+) days from first to last value, (\d+) needed$/, '数据跨度 $1 天，需要 $2 天'],
  [/^(\d+) of (\d+) (hour|day)s have (a value|a temperature|both) \(([\d.]+) %\), ([\d.]+) % needed$/, '$2 个时段中 $1 个有数据（$5%），需要 $6%'],
  [/^(\w+) has (\d+) of (\d+) hours \(([\d.]+) %\), ([\d.]+) % needed in every month$/, '基准年的 $1 只有 $4% 的小时有数据，每月需要 $5%'],
  [/^(\d+) days on which parent and children are known, and a balance takes (\d+)$/, '上下级都有数据的只有 $1 天，需要 $2 天'],
  [/^nothing was counted at (\S+), which is behind (\S+)$/, '$2 之下的 $1 没有计量数据'],
  [/^(\d+) nights?.*?(\d+).*$/, '只有 $1 夜有数据，需要 $2 夜'],
  [/^fewer than two nights are known$/, '已知的夜数不足两夜'],
  [/^no run has looked at it yet$/, '整改后尚未诊断'],
  [/^of hours that are known only$/, '仅含已知的小时'],
  [/^priced at the first step of the tariff, the lowest$/, '按阶梯价第一档（最低档）计价'],
  [/^it is charged by floor area and not by use: a unit of it has no price$/, '按面积而不按用量收费，单位用量没有价格'],
  [/^no outdoor temperature, by which heating goes: .*$/, '没有室外温度，而采暖取决于它：请上报 outdoor_temperature_c 或提供天气文件'],
  [/^the outdoor temperature is unknown: baselines go by time alone; .*$/, '没有室外温度，基准只按时间'],
  [/^the outdoor temperature is known of (\d+) % of hours only: .*$/, '只有 $1% 的小时有室外温度，基准只按时间'],
  [/^a projection of (\d+) days to a year: the interval is that of what was measured(; .*)?$/, '由 $1 天推算到一年，区间只反映实测的部分'],
  [/^the parent has passed nothing.*$/, '上级表没有用量'],
];

const months = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December'];

/** The reason without "insufficient data", which stands before it. */
export function reason(text: string | undefined): string {
  const rest = (text ?? '').replace(/^insufficient data: /, '');
  if (currentLanguage() !== 'zh') return rest;
  for (const [pattern, chinese] of said) if (pattern.test(rest)) return rest.replace(pattern, chinese).replace(/[A-Z][a-z]+/, (name) => (months.includes(name) ? `${months.indexOf(name) + 1} 月` : name));
  return rest;
}

/** "Insufficient data", with what is missing. */
export function missing(text: string | undefined, words: string): string {
  const rest = reason(text);
  return rest ? `${words}${currentLanguage() === 'zh' ? '：' : ': '}${rest}` : words;
}
