export default {
  title: '告警',
  columns: { severity: '级别', what: '告警', where: '位置', state: '状态', clock: '下一时限', began: '发生时间' },
  filter: { show: '显示', open: '未关闭', all: '全部', resolved: '已关闭', severity: '级别', every: '全部级别', class: '设备类别', everyClass: '全部类别' },
  count: '未关闭 {n} 条',
  none: '这里没有未关闭的告警',
  noneHint: '危及人身安全或设备故障的告警会立即显示在这里。',
  noClock: '无计时',
  resolvedAt: '关闭于',
};
