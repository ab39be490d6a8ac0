package api

// say is a word of the page in a language. English is what the page is written
// in; codes have their English words here too. What is unknown stays as it is:
// kinds that devices and people made up.
func say(lang, word string) string {
	w, ok := evidenceWords[word]
	switch {
	case !ok:
		return word
	case lang == "zh":
		return w.zh
	case w.en != "":
		return w.en
	}
	return word
}

// evidenceWords are all of the page's words.
var evidenceWords = map[string]struct{ zh, en string }{
	// headings and sentences
	"Incident": {zh: "事件"}, "Record of an incident": {zh: "事件记录"}, "Severity": {zh: "级别"}, "State": {zh: "状态"}, "Place": {zh: "地点"},
	"Device": {zh: "设备"}, "Kind": {zh: "类别"}, "Rule": {zh: "规则"}, "Began": {zh: "发生"}, "Learned of": {zh: "接收"}, "Cleared": {zh: "恢复"},
	"Resolved": {zh: "结束"}, "Value": {zh: "数值"}, "What to do": {zh: "处置要点"}, "Time zone": {zh: "时区"},
	"Event times are by the clock of whoever said it; receipt is when Steward learned of it, with the difference where it is a second or more.": {
		zh: "事件时间以报告方的时钟为准；接收时间为系统获知的时间，相差一秒及以上时注明差值。",
	},
	"Response standards": {zh: "响应时限"}, "No standard applies to it.": {zh: "没有适用的时限。"}, "Standard": {zh: "时限"}, "Limit": {zh: "限时"},
	"Result": {zh: "结果"}, "Started": {zh: "开始"}, "Deadline": {zh: "截止"}, "Breached": {zh: "超时"}, "Stopped": {zh: "停止"}, "Taken": {zh: "用时"},
	"Timeline": {zh: "经过"}, "No.": {zh: "序号"}, "Event time": {zh: "事件时间"}, "Receipt": {zh: "接收时间"}, "What": {zh: "内容"}, "By": {zh: "来源"},
	"State after": {zh: "其后状态"}, "Who was told": {zh: "通知"}, "Receiver": {zh: "接收人"}, "Of what": {zh: "事由"}, "Decided": {zh: "生成"},
	"Attempts": {zh: "发送"}, "taken": {zh: "已送达渠道"}, "not taken": {zh: "未成功"}, "Nobody was told by a channel.": {zh: "没有通过渠道通知任何人。"},
	"Proof": {zh: "校验"}, "The chain of hashes is whole: no entry was changed, removed or put in between.": {zh: "哈希链完整：没有任何条目被修改、删除或插入。"},
	"The chain of hashes is broken:": {zh: "哈希链不完整："}, "Printed": {zh: "打印"},
	"Each entry's hash is over all of the entry and the hash before it. The last one is:": {zh: "每个条目的哈希涵盖该条目的全部内容与前一条目的哈希。最后一个为："},

	// what is special about an incident
	"on trial: nobody is told": {zh: "试运行规则：不通知"}, "over when Steward learned of it": {zh: "获知时已结束"}, "it comes and goes": {zh: "反复出现"},
	"silenced": {zh: "已静默"}, "explained by another incident": {zh: "由另一事件引起"},

	// severities
	"life_safety": {"危及人身", "danger to life"}, "critical": {zh: "严重"}, "warning": {zh: "警告"}, "info": {zh: "提示"},

	// states of incidents, clocks and notices
	"pending": {zh: "待确认"}, "firing": {zh: "告警中"}, "acknowledged": {zh: "已确认"}, "dispatched": {zh: "已派工"}, "arrived": {zh: "已到场"}, "resolved": {zh: "已结束"},
	"waiting": {zh: "等待"}, "running": {zh: "计时中"}, "paused": {zh: "暂停"}, "met": {"达标", "met"}, "breached": {zh: "超时"}, "void": {zh: "未计"},
	"sent": {zh: "已发送"}, "failed": {zh: "失败"},

	// entries, and what notices are of
	"opened": {zh: "发生"}, "repeated": {"再次出现", "came again"}, "cleared": {zh: "恢复"}, "reopened": {"重新打开", "opened again"}, "note": {zh: "备注"},
	"event": {"设备事件", "event of a device"}, "corrected": {"更正", "corrected by late data"}, "clock_started": {"开始计时", "clock started"},
	"clock_warned": {"即将超时", "clock about to pass"}, "clock_breached": {"超时", "limit passed"}, "clock_stopped": {"停止计时", "clock stopped"},
	"clock_paused": {"暂停计时", "clock paused"}, "clock_resumed": {"恢复计时", "clock resumed"}, "escalated": {zh: "升级"}, "notice": {"生成通知", "notice made"},
	"delivered": {"发送通知", "attempt at a notice"}, "withheld": {"未通知", "nobody was told"}, "explained": {"找到原因", "cause found, or over"},
	"flapping": {"反复出现", "it comes and goes"}, "warned": {"即将超时", "about to breach"}, "test": {zh: "测试"},

	// who
	"person": {zh: "人员"}, "machine": {zh: "系统接口"}, "device": {zh: "设备"}, "card": {zh: "门禁卡"}, "system": {zh: "系统"},
}
