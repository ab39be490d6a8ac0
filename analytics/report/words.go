package report

// Say is one of the fixed words of a rendering in a language, zh or en. A word that
// is not known is its own translation.
func Say(lang, word string) string {
	if zh, ok := words[word]; ok && lang == "zh" {
		return zh
	}
	return word
}

// words are all fixed words of the page and of the workbook.
var words = map[string]string{
	"insufficient data": "数据不足", "no value": "无数值", "unknown": "未知", ": ": "：", ", ": "，", "n": "n",

	// what the report is
	"Report": "报表", "Company": "公司", "Scope": "范围", "Whole company": "全公司", "Period": "期间",
	"Made at": "生成时间", "Data as of": "数据截至", "Time zone": "时区", "Contents": "目录",
	"This report has no sections.": "本报表没有内容。", "This section has nothing to show.": "本节没有可显示的内容。",

	// figures
	"previous": "上期", "unchanged": "持平", "better": "改善", "worse": "变差", "higher": "上升", "lower": "下降", "pp": "个百分点",
	"within the uncertainty": "在误差范围内",

	// tables
	"No rows.": "无记录。",
	"%s more rows are not shown here; the workbook and the data files have all of them.":        "另有 %s 行未在此显示；工作簿与数据文件包含全部行。",
	"%s more rows are left out of this report.":                                                 "另有 %s 行未列入本报表。",
	"Numbers in brackets are the interval of the value above them; n is the number of samples.": "括号内为上方数值的区间；n 为样本数。",

	// charts
	"limit": "限值",
	"Whiskers and bands show the interval of each value.":       "须线与色带表示各数值的区间。",
	"The darker and the larger the mark, the higher the value.": "颜色越深、方块越大，数值越高。",
	"%s more categories are not drawn.":                         "另有 %s 个类别未绘出。",
	"%s more series are not drawn.":                             "另有 %s 个系列未绘出。",
	"and %s more":                                               "及另外 %s 项",

	// where it comes from
	"Where the numbers come from": "数据来源", "The same runs make the same report.": "同一批运算结果生成同一份报表。",
	"This report is made from no run of an analysis.": "本报表未使用任何分析运算。",
	"Analysis": "分析", "Run": "运算编号", "Computed": "计算时间", "Coverage": "数据覆盖率", "Version": "版本", "From": "起", "To": "止",

	// the workbook
	"Cover": "封面", "Contents of this workbook": "工作簿目录", "Sheet": "工作表", "Section": "章节", "Notes": "附注",
	"Key figures": "关键指标", "Figure": "指标", "Value": "数值", "Low": "下限", "High": "上限", "Previous": "上期", "Change": "变化", "Note": "说明",
	"low": "下限", "high": "上限", "note": "说明", "Limit": "限值",
}
