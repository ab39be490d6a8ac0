// 审计日志。
export default {
  title: '审计日志', about: '谁在何时对什么做了什么，并可证明日志未被篡改',
  at: '时间', who: '操作者', what: '操作', object: '对象', place: '范围', seq: '序号', kind: '对象类型', everyKind: '全部对象', key: '对象（完整标识）', from: '从', to: '至',
  onlyActor: '操作者：{name}', takeAway: '移除此筛选', remote: '来源地址', action: '操作代码', allOfActor: '该操作者的全部记录', allOfAction: '同类操作', allOfObject: '该对象的全部记录',
  field: '字段', before: '修改前', after: '修改后', nothingMore: '该操作没有更多内容。',
  actor: { person: '人员', machine: '令牌', system: '系统' },
  prove: '验证完整性', proof: '审计日志验证', proving: '正在读取全部日志…', intact: '共 {n} 条，未发现修改、删除或插入', tampered: '日志与写入时不一致',
  provenAt: '验证时间', last: '最后一条', proofHint: '请将此哈希另行保存，日后可证明到这一条为止的日志未被改动。',
  export: '导出 CSV', exporting: '已读取 {n} 条…', cut: '仅含最新 {n} 条，其余请缩小筛选范围后导出。',
  entry: '第 {n} 条', noEntry: '没有第 {n} 条记录', noEntryHint: '可能不存在，或不在您管理的范围内。',
  order: '{verb}{object}',
  kinds: {
    person: '人员', token: '令牌', credential: 'MQTT 凭据', region: '区域', project: '项目', building: '楼栋', device: '设备', approval_rule: '准入规则', alert_rule: '告警规则',
    silence: '静默', oncall_override: '代班', responder: '到场人员卡', channel: '通知渠道', dead_letter: '隔离消息', meter_correction: '表计修正', finding: '浪费线索',
    notice: '整改通知', analytics_run: '分析任务', inspections: '巡检记录', complaints: '投诉', fees: '收费', repair_orders: '维修工单',
  },
  verbs: {
    create: '新建', update: '修改', delete: '删除', retire: '停用', approve: '批准', refuse: '拒绝', register: '登记', import: '导入', replace: '更换', end: '结束',
    enable: '启用', disable: '停用', unlock: '解锁', link: '关联企业账号：', erase: '抹除', export: '导出', revoke: '吊销', rotate: '更换密码：', replay: '重放', test: '测试',
    start: '运行', cancel: '取消', pin: '保留', unpin: '取消保留', withdraw: '撤回', put: '录入', confirm: '确认', dismiss: '驳回', fix: '整改', verify: '核验', reopen: '重新打开',
    accept: '接受', submit: '提交', reject: '退回', close: '关闭', note: '备注',
  },
  whole: {
    person_sign_in: '登录', person_sign_in_failed: '登录失败', person_sign_out: '退出登录', person_sign_out_everywhere: '结束全部会话', person_session_replayed: '结束被盗用的会话',
    person_reset_password: '重置密码', person_change_password: '修改密码',
  },
};
