// Why there is no number, or what is to be kept in mind of it, in Chinese. The server says
// it in English, with the numbers of the case, by the phrases of the reports; what these have
// no phrase for stands here. What is known in neither is shown as it came.
import { currentLanguage } from '../../i18n';
import { inChinese } from '../reliability/because';

const known: readonly (readonly [RegExp, string])[] = [
  [/^none was planned$/, '没有计划'],
  [/^no fee was due in (\d+) months$/, '$1 个月内没有应收费用'],
  [/^no building is entered$/, '未登记楼栋'],
  [/^no building has its floor area entered$/, '楼栋未登记建筑面积'],
  [/^no building has meters that are known for most of the year$/, '没有楼栋的表计覆盖全年大部分时间'],
  [/^too few buildings of other projects are comparable, for all of (\d+)$/, '$1 栋楼均缺少足够的可比楼栋'],
  [/^no complaint was entered for a year: nobody says that there were none$/, '一年内没有登记投诉，无法认定为零投诉'],
  [/^the registry does not say how many households there are$/, '项目未登记户数'],
  [/^fewer than 10 scores: the interval is rough$/, '评分少于 10 个，区间较粗'],
  [/^orders that are open, and cost more in the months to come if they stay so: (\d+)$/, '仍未完成、今后还会继续计罚的工单：$1'],
  [/^capped: ([\d.]+) without the cap$/, '已封顶，封顶前为 $1'],
  [/^no urgent repair order of the month is decided$/, '本月没有已有结果的急修工单'],
  [/^neither urgent repair orders nor clocks (\S+) in the month$/, '本月既没有急修工单，也没有 $1 计时'],
  [/^nothing measures (\S+)$/, '没有衡量 $1 的数据'],
  [/^no interval: one score does not tell how scores differ$/, '没有区间：一次评分看不出评分间的差别'],
  [/^no interval: all scores are the same$/, '没有区间：评分都相同'],
];

const scarce = 'insufficient data: ';

function one(part: string): string {
  const lacks = part.startsWith(scarce);
  const rest = lacks ? part.slice(scarce.length) : part;
  for (const [pattern, zh] of known) if (pattern.test(rest)) return `${lacks ? '数据不足：' : ''}${rest.replace(pattern, zh)}`;
  return inChinese(part);
}

/** A reason of the server in the language of the page; several are joined by semicolons. */
export function reason(text: string | undefined): string {
  if (!text || currentLanguage() !== 'zh') return text ?? '';
  return text.split('; ').map(one).join('；');
}
