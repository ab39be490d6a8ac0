export default {
  title: '响应标准',
  about: '事件计时的起止、时限和通知对象',
  columns: { standard: '标准', clock: '起 → 止', limit: '时限', warning: '预警', hours: '计时时段', told: '超时通知' },
  comma: '、',
  line: '第 {n} 行', why: '依据', life: '人身安全',
  before: '提前 {span}', noWarning: '无', pauses: '可暂停：{reasons}',
  none: '没有生效的标准', noneHint: '没有标准，事件就不计时。',
  note: '恰好等于时限算按时。计时以事情发生的时间为准，迟到的信息也照此计算。',
  point: { opened: '事件发生', acknowledged: '确认', dispatched: '出动', arrived: '到场', resolved: '解决', cleared: '状况解除' },
  event: { arrived: '设备上报到场', released: '设备上报已解救', entrapment_cleared: '设备上报困人解除', acknowledged: '主机上确认', other: '设备上报 {kind}' },
  level: { project: '项目', region: '区域', hq: '总部', oncall: '值班人', contact: '联系人' },
  calendar: { always: '全天候', project: '项目工作时间', other: '日历“{name}”的时段' },
  pause: { appointment: '住户另约时间', waiting_for_resident: '等待住户', waiting_for_parts: '等待配件' },
  incident: {
    entrapment: '电梯困人', entrapment_suspected: '疑似困人', fire_alarm: '火警', fire_alarm_unacknowledged: '火警未确认', fire_test: '消防测试', gas_leak: '燃气泄漏', gas_flow: '燃气流量异常', leak: '漏水',
    urgent_repair: '急修', repair: '维修', complaint: '投诉', front_desk: '前台接待', power_failure: '停电', power_quality: '电能质量', overload: '过载', maintenance: '维保', metering: '计量', quality: '质量', security: '安防', device_offline: '设备失联',
  },
  file: {
    where: '所在文件', shipped: '随程序自带', copy: '这是随程序自带的文件。请把 {file} 复制到自己的目录，修改后在 steward.yaml 中指明：', edit: '用编辑器修改 {file}。',
    check: '检查修改，每处错误都会指出行号：', restart: '重启 Steward 后生效；未结事件沿用原来的计时。',
  },
};
