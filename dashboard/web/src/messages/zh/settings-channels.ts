// 通知渠道。
export default {
  title: '通知渠道', about: '告警如何送达人员和系统，可逐个测试',
  hint: '渠道及其密钥在 channels.yaml 中配置。测试会向该渠道的接收人发送一条短消息，并记入审计日志。',
  none: '未配置通知渠道', noneHint: '除本页面外没有人会收到告警，请在 channels.yaml 中配置。',
  test: '发送测试', testing: '正在发送…', delivered: '对方已接收，用时 {took}', failed: '对方未接收，用时 {took}',
  kinds: { mail: '邮件', dingtalk: '钉钉机器人', wecom: '企业微信机器人', feishu: '飞书机器人', webhook: 'Webhook 接口', cloudevents: 'CloudEvents 接口', alertmanager: 'Alertmanager 告警', mqtt: 'MQTT 消息', command: '命令' },
};
