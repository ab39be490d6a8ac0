// 系统运行状况。
export default {
  title: '系统运行', about: '数据是否正常接入、有无丢失，分析任务运行情况，数据完整性',
  tab: { now: '当前状态', jobs: '分析任务', coverage: '数据完整性' },
  allWell: '各部分运行正常', look: '运行中，请留意：{list}', notWell: '运行异常：{name}', stale: '服务器未响应，以下为最后一次的状态。', asOf: '更新于', since: '启动于',
  parts: { clickhouse: '数据库（ClickHouse）', spool: '落盘队列', broker: 'MQTT 服务', mqtt: 'MQTT 服务', alerting: '告警', analytics: '分析任务', start: '正在启动', registry: '台账' },
  tile: { broker: 'MQTT 服务', lag: '入库延迟', spool: '磁盘排队', store: '数据库', disk: '磁盘剩余', clients: '在线页面', notices: '待发通知', memory: '内存' },
  connected: '已连接', disconnected: '未连接', reconnects: '启动以来重连 {n} 次', alertingLag: '告警延迟 {time}', messages: '{n} 条消息', spoolSize: '{size}，占上限 {share}',
  noAnswer: '无响应', tables: '{n} 张表', diskOf: '占 {total} 的 {share}', sessions: '{n} 人已登录', givenUp: '{n} 条未送达任何人', oldest: '最早一条已等待 {time}', devices: '{n} 台设备的实时值',
  ledger: '消息总账', ledgerHint: '自队列建立以来。每条已确认的消息只归入其中一项。',
  line: { received: '已接收', stored: '已入库', duplicate: '重复', rejected: '已隔离', inFlight: '处理中', lost: '去向不明' },
  even: '账目平衡：没有消息丢失。', uneven: '{n} 条消息未归入任何一项，请查看服务器日志。',
  reasons: '隔离原因', besides: '其他', late: '迟到的读数', repeated: '重复的数值', insertFailures: '启动以来重试的批次', refused: '因空间不足未确认', missedUpdates: '页面过慢而错过的更新',
  spool: '落盘队列', spoolHint: '已确认的消息保存在磁盘上，直到各处理环节完成。', readerName: '处理环节', reader: { store: '入库', alerting: '告警' }, waiting: '等待', size: '大小',
  storage: '存储', table: '表', rows: '行数', parts_: '分块',
  every: { hourly: '每小时', daily: '每天', monthly: '每月', on_demand: '按需' },
  runState: { queued: '排队中', running: '运行中', done: '完成', failed: '失败', cancelled: '已取消' },
  job: {
    name: '分析任务', every: '运行周期', last: '最近运行', ended: '时间', took: '用时', next: '下次运行', run: '立即运行', never: '从未运行', off: '已关闭', onDemand: '按需', failed: '{n} 项失败：{list}',
    result: '当前结果来自', over: '数据区间', tookText: '用时 {time}', coverage: '数据完整率 {share}', numbers: '{n} 个结果', by: '由 {name} 发起', cancel: '取消', cancelling: '正在结束…', more: '更早的运行',
  },
  cover: {
    period: '时段', days: '{n} 天', class: '设备类别', everyClass: '全部类别', project: '项目', share: '有数据的小时', devices: '设备数', silent: '无数据', device: '设备', gap: '最长中断', last: '最后读数', never: '无',
    sum: '{n} 台设备，{share} 的小时有读数', silentSum: '{n} 台设备没有数据', cut: '仅统计前 {n} 台设备，请选择范围。',
    byProject: '各项目有读数的小时占比', byClass: '各类设备有读数的小时占比', byDevice: '设备，完整率由低到高',
  },
};
