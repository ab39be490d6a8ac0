// The ways on which people are told.
export default {
  title: 'Channels', about: 'How people and systems are told of incidents, with a test of each',
  hint: 'They are configured in channels.yaml, with their secrets. A test sends a short message to whoever the channel reaches, and is noted in the audit log.',
  none: 'No channel is configured', noneHint: 'Nobody is told of incidents outside of this page. Channels stand in channels.yaml.',
  test: 'Send a test', testing: 'Sending…', delivered: 'Taken by the other side after {took}', failed: 'Not taken, after {took}',
  kinds: { mail: 'Mail', dingtalk: 'DingTalk robot', wecom: 'WeCom robot', feishu: 'Feishu robot', webhook: 'Webhook', cloudevents: 'CloudEvents', alertmanager: 'Alertmanager', mqtt: 'MQTT', command: 'Command' },
};
