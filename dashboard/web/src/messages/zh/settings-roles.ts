// 各角色的权限。
export default {
  title: '角色权限', about: '各角色可查看和操作的内容，取自服务器的实际规则',
  hint: '角色在某个范围授予，并对其下级全部有效：总部为全部项目，区域为其下项目。高一级角色包含低一级角色的全部权限。',
  mine: '您的角色：', what: '权限', yes: '有', no: '无', byArea: '按功能', byAreaHint: '服务器提供的全部操作，展开可见明细。',
  see: '查看（{n} 项）', change: '修改与操作（{n} 项）', everywhere: '须为总部角色',
  permissions: {
    read: { name: '查看', about: '设备、读数、事件、告警、报表' },
    act: { name: '处置', about: '确认、派单、到场、解除告警' },
    configure: { name: '配置', about: '设备、规则、静默、隔离消息' },
    manage: { name: '管理', about: '人员、令牌、凭据、标准、审计' },
    administer: { name: '系统管理', about: '系统本身及不可撤销的操作' },
  },
  tags: {
    session: '登录', people: '人员', tokens: 'API 令牌', mqtt_credentials: 'MQTT 凭据', places: '区域、项目与楼栋', devices: '设备', tables: '台账导入导出',
    measurements: '测量数据', exports: '测量数据导出', dead_letters: '隔离消息', incidents: '告警', alert_rules: '告警规则与静默', on_call: '值班与通知渠道', analytics: '分析',
    operations: '运营记录', notices: '整改通知', reports: '报表', installation: '系统',
  },
};
