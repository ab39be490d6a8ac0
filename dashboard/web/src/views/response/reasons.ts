// Why there is no number, in Chinese. The server says it in English, with the numbers
// of the case; what is not known here is shown as it came.
import { currentLanguage } from '../../i18n';

const known: readonly (readonly [RegExp, string])[] = [
  [/^insufficient data: there are no calls with a limit$/, '数据不足：没有带时限的记录'],
  [/^insufficient data: all calls are open and within their limit so far$/, '数据不足：全部未结束且尚未超时'],
  [/^insufficient data: no repair of a named device was watched for (\d+) days$/, '数据不足：没有满 $1 天观察期、且注明设备的维修'],
  [/^insufficient data: ([\d.]+) cases?, and ([\d.]+) are needed/, '数据不足：样本 $1，至少需要 $2'],
  [/^insufficient data: ([\d.]+) devices, and ([\d.]+) are needed/, '数据不足：设备 $1 台，至少需要 $2 台'],
  [/^insufficient data: coverage ([\d.]+), and ([\d.]+) is needed/, '数据不足：覆盖率 $1，至少需要 $2'],
  [/^insufficient data: components with (\d+) % of the weights are known, and (\d+) % are needed/, '数据不足：已知指标的权重占 $1%，至少需要 $2%'],
  [/^insufficient data: it is known of no project/, '数据不足：没有项目有此数据'],
  [/^insufficient data: the analysis of reliability has none for this place and year/, '数据不足：可靠性分析没有该范围本年度的结果'],
  [/^insufficient data: none was planned/, '数据不足：没有计划'],
  [/^insufficient data: no fee was due in (\d+) months/, '数据不足：$1 个月内没有应收费用'],
  [/^insufficient data: no building is entered/, '数据不足：未登记楼栋'],
  [/^insufficient data: no building has its floor area entered/, '数据不足：楼栋未登记建筑面积'],
  [/^insufficient data: no building has meters that are known for most of the year/, '数据不足：没有楼栋的表计覆盖全年大部分时间'],
  [/^insufficient data: too few buildings of other projects are comparable, for all of (\d+)/, '数据不足：$1 栋楼均缺少足够的可比楼栋'],
  [/^insufficient data: no complaint was entered for a year/, '数据不足：一年内没有登记投诉，无法认定为零投诉'],
  [/^insufficient data: the registry does not say how many households there are/, '数据不足：项目未登记户数'],
  [/^a full count of money: it has no interval$/, '金额为全数统计，没有区间'],
  [/^without an interval of its own it adds none to the score$/, '没有区间，不计入得分的区间'],
  [/^the lower limit is of no failure, each restored as those of the class are$/, '下限按没有故障推算，恢复时间取同类设备的平均值'],
  [/^no interval: nothing was restored in this time$/, '没有区间：其间无恢复'],
  [/^no interval: all times are up, or all are down$/, '没有区间：一直可用，或一直停用'],
  [/^no interval: one unit does not tell how units differ$/, '没有区间：一台设备看不出设备间的差别'],
  [/^no interval: all times are up, and nothing like it was restored$/, '没有区间：一直可用，且同类设备没有恢复记录'],
  [/^none on record: no clock with a limit is decided$/, '没有记录：没有已有结果的带时限计时'],
  [/^known of (\d+) of (\d+) projects$/, '$2 个项目中 $1 个有数据'],
  [/^not to be told apart from (\d+) others: the intervals of their scores overlap$/, '与另外 $1 个得分区间重叠，差异未超出偶然'],
  [/^not known, and left out of the score: (.+)$/, '数据不足、未计入得分：$1'],
  [/^not ranked: components with (\d+) % of the weights are known, and (\d+) % are needed$/, '未排名：已知指标的权重占 $1%，至少需要 $2%'],
  [/^not ranked: coverage ([\d.]+), and ([\d.]+) is needed$/, '未排名：覆盖率 $1，至少需要 $2'],
  [/^clocks that are open and within their limit so far do not count: (\d+)$/, '未结束且尚未超时的 $1 个计时不计入'],
  [/^clocks that do not count, for their incident ended before they were stopped: (\d+)$/, '事件先于计时结束、不计入的计时：$1'],
  [/^fewer than 10 scores: the interval is rough$/, '评分少于 10 个，区间较粗'],
  [/^orders that are open, and cost more in the months to come if they stay so: (\d+)$/, '仍未完成、今后还会继续计罚的工单：$1'],
  [/^capped: ([\d.]+) without the cap$/, '已封顶，封顶前为 $1'],
  [/^insufficient data$/, '数据不足'],
];

/** A reason of the server in the language of the page; several are joined by semicolons. */
export function reason(text: string | undefined): string {
  if (!text || currentLanguage() !== 'zh') return text ?? '';
  return text.split('; ').map((part) => {
    for (const [pattern, zh] of known) if (pattern.test(part)) return part.replace(pattern, zh);
    return part;
  }).join('；');
}
