package compose

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"

	"steward/analytics/report"
)

// Analyses say in English why a number is missing or what is to be kept in mind of it:
// reasons by "; ". because says them in both languages. A reason that is not known here
// stays as it is, which is better than none.
func because(why string) report.Text {
	t := report.Text{ZH: why, EN: named(why)}
	rest, scarce := strings.CutPrefix(why, "insufficient data")
	if scarce {
		if rest = strings.TrimPrefix(rest, ": "); rest == "" {
			return say("数据不足", "insufficient data")
		}
	}
	parts := strings.Split(rest, "; ")
	for i, p := range parts {
		parts[i] = reasonZH(p)
	}
	t.ZH = strings.Join(parts, "；")
	if scarce {
		t.ZH = "数据不足：" + t.ZH
	}
	return t
}

// reasonZH is one reason in Chinese, as far as it is known.
func reasonZH(reason string) string {
	// What an analysis took over from another one.
	if rest, ok := strings.CutPrefix(reason, "insufficient data: "); ok {
		return "数据不足（" + reasonZH(rest) + "）"
	}
	for _, r := range reasons() {
		if m := r.en.FindStringSubmatch(reason); m != nil {
			var fill []string
			for n, part := range m[1:] {
				fill = append(fill, "$"+string(rune('1'+n)), r.part(part))
			}
			return strings.NewReplacer(fill...).Replace(r.zh)
		}
	}
	return reason
}

type reason struct {
	length int
	en     *regexp.Regexp
	zh     string
	of     func(string) string // of what stands at a *
}

// part is what stands at a * in Chinese.
func (r *reason) part(s string) string {
	if r.of != nil {
		return r.of(s)
	}
	return s
}

var (
	compiling sync.Once
	compiled  []reason
)

func reasons() []reason {
	compiling.Do(compile)
	return compiled
}

func compile() {
	of := map[string]func(string) string{
		"not known, and left out of the score: *": componentsZH,
		"no notice of * could be issued: *":       componentsZH,
		"no * ended": func(s string) string {
			return map[string]string{"fault": "故障", "repair": "维修", "maintenance": "保养"}[s]
		},
		"part * is left out: *":                                          reasonZH,
		"indicators of wear were not tried: *":                           func(s string) string { return because(s).ZH },
		"goodness of fit: *":                                             func(s string) string { return because(s).ZH },
		"the failures of no part are enough to tell whether it wears: *": reasonZH,
		"of no part of the pool is known how it lives: *":                reasonZH,
	}
	for i := 0; i+1 < len(phrases); i += 2 {
		pattern := strings.ReplaceAll(regexp.QuoteMeta(phrases[i]), `\*`, `(.+?)`)
		compiled = append(compiled, reason{len(phrases[i]), regexp.MustCompile("^" + pattern + "$"), phrases[i+1], of[phrases[i]]})
	}
	// What says more comes first: "7 faults have not ended" is also "7 … have not ended".
	slices.SortStableFunc(compiled, func(x, y reason) int { return cmp.Compare(y.length, x.length) })
}

// named has the components of a scorecard by their titles in place of their names.
func named(why string) string {
	const lead = "not known, and left out of the score: "
	list, ok := strings.CutPrefix(why, lead)
	if !ok {
		return why
	}
	names := strings.Split(list, ", ")
	for i, n := range names {
		names[i] = componentName(n).EN
	}
	return lead + strings.Join(names, ", ")
}

func componentsZH(list string) string {
	names := strings.Split(list, ", ")
	for i, n := range names {
		names[i] = componentName(n).ZH
	}
	return strings.Join(names, "、")
}

// phrases are the reasons of the analyses with their Chinese; * stands for what differs.
var phrases = []string{
	// Of reports and of what all share.
	"not computed", "未计算",
	"not computed for this place", "此范围未计算",
	"the run has no such number", "该次计算没有这个数值",
	"nothing that was found has a price", "发现的各项都没有价格",
	"no clock began in this hour", "此时段没有计时",
	"the values are too large to calculate with", "数值过大，无法计算",
	"computed for another budget than the plan's: without an interval", "按另一预算计算，没有区间",
	"added up from the lines of the plan: without an interval", "由清单各行相加，没有区间",
	"of * devices within the budget it is not known what replacing them avoids", "预算内有 $1 台设备不知更换能避免多少损失",

	// Response.
	"there are no calls", "没有计时",
	"there are no calls with a limit", "没有带时限的计时",
	"none on record: no clock with a limit is decided", "没有记录：没有已有结果的带时限计时",
	"no clock is running", "没有正在进行的计时",
	"all calls are open and within their limit so far", "计时都未结束，且尚未超时",
	"* of * calls are still open", "$2 起中有 $1 起尚未结束",
	"no repair of a named device was watched for * days", "没有写明设备的维修满 $1 天观察期",
	"clocks that are open and within their limit so far do not count: *", "有 $1 起未结束且尚未超时，不计入",
	"calls that are open and within their limit so far, which the share does not count: *", "有 $1 起未结束且尚未超时，不计入达标率",
	"*: open calls have run for less than it; the estimate takes them to be like the others, the interval does not", "$1：未结束的计时还没有这么久；估计值假定它们与其他相同，区间则不然",
	"*: open calls have run for less than it", "$1：未结束的计时还没有这么久",
	"the estimate takes them to be like the others, the interval does not", "估计值假定它们与其他相同，区间则不然",
	"breaches that are not listed, those least over their limit: *", "有 $1 起超出最少的超时未列出",
	"clocks that do not count, for their incident ended before they were stopped: *", "有 $1 个计时未停止而事件已结束，不计入",

	// Reliability.
	"no failure: only a lower limit is known", "没有故障，只知下限",
	"no event: only an upper limit of the rate is known", "没有故障，只知故障率上限",
	"no exposure", "没有观察时间",
	"no time was watched", "没有观察时间",
	"no * ended", "没有已结束的$1",
	"no event was watched for the whole window afterwards", "没有故障的观察期已满",
	"no interval: all took no time", "没有区间：用时都为零",
	"no interval: nothing was restored in this time", "没有区间：其间无恢复",
	"no interval: all times are up, or all are down", "没有区间：一直可用，或一直停用",
	"no interval: all times are up, and nothing like it was restored", "没有区间：一直可用，且同类设备没有恢复记录",
	"the lower limit is of no failure, each restored as those of the class are", "下限按没有故障推算，恢复时间取同类设备的平均值",
	"no interval: one unit does not tell how units differ", "没有区间：一台设备看不出设备间的差别",
	"fewer than * ended: the interval takes durations for exponential", "已结束的不足 $1 起，区间按指数分布",
	"fewer than 10 units: the interval is rough", "不足 10 台，区间较粗",
	"* have not ended: if their end was not reported, the mean is too long", "有 $1 起未结束，若只是未上报结束，均值偏长",
	"* has not ended: if its end was not reported, the mean is too long", "有 $1 起未结束，若只是未上报结束，均值偏长",
	"* faults have not ended: if their end was not reported, the mean is too long", "有 $1 起故障未结束，若只是未上报结束，均值偏长",
	"* fault has not ended: if its end was not reported, the mean is too long", "有 $1 起故障未结束，若只是未上报结束，均值偏长",
	"* faults have not ended: if their end was not reported, availability is too low", "有 $1 起故障未结束，若只是未上报结束，可用率偏低",
	"* fault has not ended: if its end was not reported, availability is too low", "有 $1 起故障未结束，若只是未上报结束，可用率偏低",
	"* faults have not ended: if their end was not reported, later failures of these devices are not counted", "有 $1 起故障未结束，若只是未上报结束，这些设备后来的故障未计入",
	"* fault has not ended: if its end was not reported, later failures of the device are not counted", "有 $1 起故障未结束，若只是未上报结束，这些设备后来的故障未计入",
	"* devices sent nothing while in service in the period", "有 $1 台设备在用而没有数据",
	"* device sent nothing while in service in the period", "有 $1 台设备在用而没有数据",
	"of * devices * were not counted for coverage: if they were silent, it counts as watched", "$1 台设备中有 $2 台未统计数据完整率，若其沉默，时间按有观察计",
	"* devices send only events: others like them to which nothing happened may not be counted, and rates be too high", "有 $1 台设备只上报事件：没有事件的同类设备可能未计入，故障率偏高",
	"* device sends only events: others like it to which nothing happened may not be counted, and rates be too high", "有 $1 台设备只上报事件：没有事件的同类设备可能未计入，故障率偏高",
	"* devices with more than * events of a kind are left out", "有 $1 台设备的同类事件超过 $2 起，未计入",
	"* device with more than * events of a kind is left out", "有 $1 台设备的同类事件超过 $2 起，未计入",
	"no repair records", "没有维修记录",
	"of * lifts * have no repair records, and are left out", "$1 台电梯中有 $2 台没有维修记录，未计入",
	"* repair orders that name no lift are not counted", "有 $1 张维修工单没有写明电梯，未计入",
	"* repair order that names no lift is not counted", "有 $1 张维修工单没有写明电梯，未计入",
	"nothing was watched: this is the rate of the others", "没有观察，此为其他同类的故障率",
	"nothing was watched: this is the rate of the other projects", "没有观察，此为其他项目的故障率",
	"* with exposure, at least * needed to tell how they differ", "有观察的只有 $1 个，至少 $2 个才能看出差别",
	"goodness of fit: *", "拟合检验：$1",
	"of no device it is known since when it is there", "没有设备的启用时间",
	"no test: the events crowd at one end of the ages watched", "无法检验：事件都集中在观察年龄的一端",
	"no test: too many samples of the fitted law have no exponent", "无法检验：按拟合模型抽样，多数估计不出指数",
	"no test: its critical values are for units watched from age 0", "无法检验：临界值只适用于从全新开始观察的设备",
	"too few events", "故障太少",
	"* events after the start, at least * needed", "开始观察之后的故障只有 $1 次，至少需要 $2 次",
	"all events are at the last age watched", "故障都发生在观察到的最大年龄",
	"no power law fits best: the events crowd at one end of the ages watched", "没有最合适的幂律：故障集中在观察年龄的一端",
	"fewer than 3 events, without those that began or ended an observation", "除去观察开始和结束时的，故障不足 3 次",
	"the power law has no such number", "幂律没有这个数值",
	"a power law does not fit (Cramér-von Mises, 10 %)", "幂律不符（Cramér-von Mises 检验，10%）",

	// Scorecards.
	"components with * % of the weights are known, and * % are needed", "已知指标占权重 $1%，需要 $2%",
	"not known, and left out of the score: *", "未知而不计入得分：$1",
	"not ranked: components with * % of the weights are known, and * % are needed", "不参加排名：已知指标占权重 $1%，需要 $2%",
	"not ranked: coverage *, and * is needed", "不参加排名：数据完整率 $1，需要 $2",
	"coverage *, and * is needed", "数据完整率 $1，需要 $2",
	"not to be told apart from * others: the intervals of their scores overlap", "与另外 $1 个分不出高下：得分区间重叠",
	"not to be told apart from * other: the intervals of their scores overlap", "与另外 $1 个分不出高下：得分区间重叠",
	"it is known of no project", "没有项目有数据",
	"* cases, and * are needed", "只有 $1 例，需要 $2 例",
	"* devices, and * are needed", "只有 $1 台设备，需要 $2 台",
	"known of * of * projects", "$2 个项目中 $1 个有数据",
	"none was planned", "没有计划",
	"no fee was due in * months", "$1 个月内没有应收费用",
	"no building is entered", "未登记楼栋",
	"no building has its floor area entered", "楼栋未登记建筑面积",
	"no building has meters that are known for most of the year", "没有楼栋的表计覆盖全年大部分时间",
	"too few buildings of other projects are comparable, for all of *", "$1 栋楼均缺少足够的可比楼栋",
	"no complaint was entered for a year: nobody says that there were none", "一年内没有登记投诉，无法认定为零投诉",
	"the registry does not say how many households there are", "项目未登记户数",
	"no urgent repair order of the month is decided", "本月没有已有结果的急修工单",
	"no complaint of the month is decided", "本月没有已有结果的投诉",
	"the value is none", "没有数值",
	"the analysis of reliability has none for this place and year", "可靠性分析没有这一范围的结果",
	"without an interval of its own it adds none to the score", "没有区间，不计入得分的区间",
	"a full count of money: it has no interval", "金额为全数统计，没有区间",
	"open and within the limit so far, and not counted: *", "未结束且尚未超时而不计入：$1",
	"answered before they were made, and not counted: *", "答复早于提出而不计入：$1",
	"no notice of * could be issued: *", "$1 的整改通知未能发出：$2",

	// Energy.
	"no hour of the period is known", "其间没有一小时的数据",
	"of hours that are known only", "只含有数据的小时",
	"* of * meters have no price for what they used", "$2 块表中 $1 块没有电价或水价",
	"no tariff: give the project one that has prices for this medium", "没有价格：请为项目设置该能源的价格",
	"priced at the first step of the tariff, the lowest", "按阶梯价第一档（最低）计价",
	"the charge for use alone", "只是用量费",
	"without the basic charge", "不含基本电费",
	"without the power-factor adjustment", "不含力调电费",
	"without the area charge", "不含面积热费",
	"it is charged by floor area and not by use: a unit of it has no price", "按面积而不按用量收费，单位用量没有价格",
	"it goes by the transformers' kVA, which is not known", "按变压器容量（kVA）计收，容量未知",
	"it goes by the month's largest load, which is not known", "按当月最大需量计收，需量未知",
	"whether the price for high use holds needs kWh and the transformers' kVA", "是否适用高用电量价格取决于用电量和变压器容量（kVA），容量未知",
	"give transformer_kva of the project in the registry, if it has one meter that is billed; of several the suppliers' bills say it", "请在台账的项目中填写变压器容量（只有一块结算表时）；有几块结算表时以供电方账单为准",
	"it needs the month's active and reactive energy", "需要当月的有功和无功电量",
	"send reactive_kvarh of the meter that is billed", "请上报结算表的无功电量",
	"nothing was used", "没有用量",
	"it goes by the basic charge, too, which is not known", "还取决于基本电费，基本电费未知",
	"the heated area is not known", "供热面积未知",
	"nothing says which area is heated: take it from the supplier's bill", "没有供热面积的登记：请以供热方账单为准",
	"the period has no whole month", "时段内没有整月",
	"* % of the hours of * were measured, * % are needed", "$2 只有 $1% 的小时有实测，需要 $3%",
	"the meter ran backwards", "表计倒走",
	"it is not known of * of * meters", "$2 块表中有 $1 块未知",
	"of the highest hour: a quarter of an hour, which is billed, may be higher", "按最高的一小时；结算按 15 分钟，可能更高",
	"no building has a baseline", "没有楼栋有基线",
	"* of * baselines go by time alone, for no outdoor temperature is known", "$2 条基线中有 $1 条没有室外温度，只按时间",
	"no outdoor temperature, by which heating goes: send outdoor_temperature_c or give a weather file", "没有室外温度，而采暖取决于它：请上报室外温度或提供天气文件",
	"the outdoor temperature is unknown: baselines go by time alone", "没有室外温度，基线只按时间",
	"send outdoor_temperature_c or give a weather file", "请上报室外温度或提供天气文件",
	"a projection of * days to a year: the interval is that of what was measured", "由 $1 天推算到一年，区间只反映实测的部分",
	"* of * findings are projections of a month or two to a year", "$2 项中有 $1 项由一两个月推算到一年",
	"* of * buildings have no baseline and are not in it", "$2 栋楼中 $1 栋没有基线，未计入",
	"the interval takes buildings to err independently", "区间按各楼误差相互独立",
	"none of * meters could be judged", "$1 块表都不能判断",
	"of * of * meters, the others use too little or too little is known of them", "$2 块表中只含 $1 块，其余用量太少或数据太少",
	"the interval is the sum of the findings' intervals, which holds however they depend on each other", "区间为各项区间之和，不论各项如何相关都成立",
	"no finding has a price", "发现的各项都没有价格",
	"* findings have no price and are not in it", "有 $1 项没有价格，未计入",
	"* finding has no price and is not in it", "有 $1 项没有价格，未计入",
	"the floor area is not known", "建筑面积未知",
	"of the last year, scaled from the hours that are known", "最近一年，按有数据的小时推算",
	"there is no baseline", "没有基线",
	"there is no price", "没有价格",
	"it is not known how much there has been so far", "至今的量未知",
	"fewer than two nights are known", "有数据的夜晚不足两个",
	"the outdoor temperature is known of * % of hours only: baselines go by time alone", "只有 $1% 的小时有室外温度，基线只按时间",
	"* % are needed", "需要 $1%",
	"nothing was counted at *, which is behind *", "$2 之下的 $1 没有读数",
	"the parent has passed nothing, and no loss is a share of it", "总表没有读数，谈不上占比",
	"* days on which parent and children are known, and a balance takes *", "总表与分表都有数据的只有 $1 天，至少需要 $2 天",

	// Whether use fell.
	"no run has looked at it yet", "尚未核实",
	"nothing was counted at *", "$1 没有读数",
	"it is not known when it was mended", "不知何时整改",
	"it was mended before *, from which on data are read", "整改早于 $1，此前的数据未读取",
	"* days are known after it was mended, * are needed", "整改后只有 $1 天的数据，需要 $2 天",
	"the days before or after are too few", "整改前后的天数太少",
	"the interval holds no fall as well as half of what was found", "区间既容得下没有下降，也容得下下降一半，尚无定论",
	"the balance has * days before and * after, 7 of each are needed", "平衡在整改前有 $1 天、整改后有 $2 天，各需 7 天",
	"* nights before and * after are known, 7 of each are needed", "整改前有 $1 夜、整改后有 $2 夜的数据，各需 7 夜",
	"* whole months before and * after are known, 2 of each are needed", "整改前有 $1 个、整改后有 $2 个整月的数据，各需 2 个",
	"there is no balance of it any more", "已没有它的平衡",
	"there is no saving to price", "没有可计价的节约",
	"nobody says any more when people work", "已不知工作时间",
	"of the days before and after", "比较整改前后的日子",
	"of the nights before and after", "比较整改前后的夜晚",
	"of the months before and after", "比较整改前后的月份",
	"of the losses of the days before and after", "比较整改前后各日的差额",
	"against the baseline of the year before it was mended", "与整改前一年的基线比较",

	// Lifetimes and replacement.
	"no failure was seen", "未见故障",
	"the failures of no device are forecast", "没有设备的故障可以预测",
	"the failures of none of the devices within the budget are forecast", "预算内没有设备的故障可以预测",
	"of * devices the failures are not forecast, and count as nothing", "有 $1 台设备的故障无法预测，按零计",
	"without an interval: forecasts of some devices have none", "没有区间：部分设备的预测没有区间",
	"its failures are not forecast", "其故障无法预测",
	"nobody knows how it lives", "寿命未知",
	"a verification avoids no failures", "检定不避免故障",
	"a failure costs no more than a planned replacement", "故障的费用不高于计划更换",
	"nobody knows what replacing it or a failure costs: give replacement_cost_cny and failure_cost_cny in the registry, or costs of its class in the policy of replacement", "不知更换费用或故障费用：请在台账填写，或在更换策略中给出该类设备的费用",
	"no device of the pool has both costs: give them in the registry, or for its class in the policy of replacement", "这组设备都没有两项费用：请在台账填写，或在更换策略中给出该类设备的费用",
	"the forecasts are from *, those from * are not there: run * for that time", "预测是 $1 的，没有 $2 的：请运行该时段的 $3",
	"* devices must be replaced or verified at an age, and nobody knows theirs: give installed_on in the registry", "有 $1 台设备到期必须更换或检定，但使用年数未知：请在台账填写安装日期",
	"* device must be replaced or verified at an age, and nobody knows its age: give installed_on in the registry", "有 $1 台设备到期必须更换或检定，但使用年数未知：请在台账填写安装日期",
	"* devices have reached an age at which smoke detectors or the like must be replaced, and nobody knows whether they are such: name their models in the policy", "有 $1 台设备已到感烟探测器等必须更换的年数，但不知是否属于此类：请在更换策略中写明其型号",
	"* device has reached an age at which smoke detectors or the like must be replaced, and nobody knows whether it is such: name its model in the policy", "有 $1 台设备已到感烟探测器等必须更换的年数，但不知是否属于此类：请在更换策略中写明其型号",
	"the budget does not cover what is mandatory: * yuan are missing", "预算不足以覆盖法定必换，缺 $1 元",
	"the next device costs * yuan, and * yuan of the budget are left: smaller ones below it would fit", "下一台需 $1 元，预算还剩 $2 元：其后费用较小的还放得下",
	"* mandatory devices have no known cost and count as costing nothing: give their costs in the registry or the policy", "有 $1 台法定必换设备费用未知，按零计：请在台账或策略中填写",
	"* mandatory device has no known cost and counts as costing nothing: give its cost in the registry or the policy", "有 $1 台法定必换设备费用未知，按零计：请在台账或策略中填写",
	"* devices are not weighed, for nobody knows what replacing them or their failures cost", "有 $1 台设备不知更换或故障费用，未作权衡",
	"* device is not weighed, for nobody knows what replacing it or its failures cost", "有 $1 台设备不知更换或故障费用，未作权衡",
	"the failures of * of * devices are not forecast, for want of data: they are in the plan only where they must be", "$2 台设备中 $1 台因数据不足无法预测，只有法定必换时才在计划中",
	"* devices ranked below those listed are left out of the list", "另有 $1 台排序在后的设备未列出",
	"* device ranked below those listed is left out of the list", "另有 $1 台排序在后的设备未列出",
	"run to failure: at no age within * years is replacing the whole cheaper than going on with repairs", "用到坏：$1 年内任何年龄整体更换都不比继续维修便宜",
	"the optimal age is beyond * years, the greatest that was watched: nobody has seen parts so old", "最佳年龄超过观察到的最大年龄 $1 年，没有人见过这么旧的部件",
	"the failures of no part are enough to tell whether it wears: *", "没有部件的故障多到能看出是否磨损：$1",
	"of no part of the pool is known how it lives: *", "这组设备没有部件的寿命已知：$1",
	"part * is left out: *", "部件 $1 未计入：$2",
	"part *: its failures are too few to tell whether it wears, and count by their rate", "部件 $1：故障太少，看不出是否磨损，按故障率计",
	"part *: its life fits poorly", "部件 $1：寿命分布拟合不佳",
	"part *: forecasts go by a lognormal life", "部件 $1：预测按对数正态寿命",
	"part *: forecasts go by a lognormal life; the curve goes by the Weibull one, in which wear does not let up", "部件 $1：预测按对数正态寿命；曲线按威布尔寿命，磨损不会减缓",
	"the curve goes by the Weibull one, in which wear does not let up", "曲线按威布尔寿命，磨损不会减缓",
	"poor fit", "拟合不佳",
	"the Weibull law fits lives of known age poorly (p = *): several causes of failure may be mixed", "威布尔分布与已知年龄的寿命不符（p = $1），可能混有几种故障原因",
	"* % of the time watched is of parts of which nobody knows the age, nor that of their device: the law leaves it out", "观察时间的 $1% 属于年龄未知的部件，分布未计入",
	"* failures do not tell a shape, at least * at different ages are needed", "$1 次故障看不出形状，至少需要 $2 次不同年龄的",
	"* failures are too few for a shape of its own: it has the shape of all models of the class", "$1 次故障不足以估计自己的形状，采用该类所有型号的形状",
	"at a constant rate a tenth would have failed by * to * years", "若故障率恒定，十分之一将在 $1 至 $2 年内发生故障",
	"how much of the data came is unknown: nobody counted reports of these devices", "这些设备的上报未被统计，数据完整度未知",
	"the back-test is without it: it goes back further than the indicator can be learned", "预测检验未计入该指标：检验起点早于可以学习该指标的时间",
	"* devices, at least * are needed", "$1 台设备，至少需要 $2 台",
	"the law has lives or an uncertainty beyond all numbers", "寿命或其不确定性大得没有意义",
	"a lognormal law fits clearly better than the Weibull, of which shape and scale are", "对数正态分布明显更符合，形状和尺度是威布尔分布的",
	"no device of the class was watched", "没有观察到该类设备",
	"* failures in all of the class, at least * are needed", "该类设备共 $1 次故障，至少需要 $2 次",
	"fewer than 20 devices were forecast and watched to the end", "预测并观察到期末的设备不足 20 台",
	"devices were watched for * days; a back-test of * days needs twice as many", "设备只观察了 $1 天；$2 天的检验需要两倍",
	"devices were watched for * days", "设备只观察了 $1 天",
	"a back-test of * days needs twice as many", "$1 天的检验需要两倍",
	"at least * are needed to learn, to try and to know an indicator before", "至少需要 $1 天来学习、检验和了解指标",
	"indicators of wear were not tried: *", "未检验磨损指标：$1",
	"the device was not watched: it sent nothing, was silent throughout, or reported more faults than are kept", "设备未被观察：没有数据、一直沉默或上报的故障多到不予保留",
	"the device was not watched", "设备未被观察",
	"* devices without a forecast are left out", "有 $1 台没有预测的设备未计入",
	"none of * devices has a forecast", "$1 台设备都没有预测",
	"all devices failed, or none did", "设备全部故障或都没有故障",
	"it improves the forecast, but another indicator does so more", "能改进预测，但另一指标改进更多",
	"it does not improve a held-out forecast: the gain of the log score is * a device, * at least", "没有改进留出检验的预测：对数得分每台增益 $1，至少 $2",
	"* devices have it in the time to learn from, at least * are needed", "学习期内只有 $1 台设备有此指标，至少需要 $2 台",
	"* devices have it, at least * are needed", "只有 $1 台设备有此指标，至少需要 $2 台",
	"* failures to learn from and * to try on, at least * of each are needed", "学习用故障 $1 次、检验用 $2 次，各至少需要 $3 次",
	"it is the same for all devices of a model", "同一型号的设备都相同",
	"it is the same for too many devices of a model", "同一型号的设备大多相同",
}

// explain gives every value of a report that has a reason the reason in both languages.
func explain(sections []report.Section) {
	known := map[string]*report.Text{} // a report has few reasons, and many values
	of := func(v *report.Value) {
		if v == nil || v.Why == "" || v.Reason != nil {
			return
		}
		t := known[v.Why]
		if t == nil {
			both := because(v.Why)
			t = &both
			known[v.Why] = t
		}
		v.Reason = t
	}
	for i := range sections {
		s := &sections[i]
		for j := range s.Facts {
			of(&s.Facts[j].Value)
			of(s.Facts[j].Before)
		}
		for j := range s.Charts {
			for k := range s.Charts[j].Series {
				for n := range s.Charts[j].Series[k].Values {
					of(&s.Charts[j].Series[k].Values[n])
				}
			}
		}
		for j := range s.Tables {
			for _, row := range s.Tables[j].Rows {
				for k := range row {
					of(row[k].Value)
				}
			}
			for k := range s.Tables[j].Total {
				of(s.Tables[j].Total[k].Value)
			}
		}
	}
}
