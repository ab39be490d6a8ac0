// 其他系统调用接口使用的令牌。
export default {
  title: 'API 令牌', about: '其他系统可读取和操作的范围与期限',
  token: '令牌', name: '名称', nameHint: '给哪个系统使用：grafana、财务、门禁平台等', new: '新建令牌', create: '创建', made: '{name} 的令牌已生成', docs: '接口文档',
  search: '名称', ended: '包括已失效的', state: '有效期', used: '最近使用', by: '创建人', never: '从未使用', prefix: '开头字符', expires: '到期时间', revokedAt: '吊销时间',
  none: '没有令牌', noneHint: '令牌让其他系统以自己的角色调用接口。',
  states: { good: '有效至 {date}', soon: '即将于 {date} 到期', expired: '已于 {date} 过期', revoked: '已于 {date} 吊销' },
  until: '有效期', span: { d30: '30 天', d90: '90 天', d365: '一年', d0: '指定日期' },
  least: '只授予所需的最小权限，多数系统只需读取。创建人离职后令牌仍然有效。',
  secret: '令牌', secretHint: '用于请求头 Authorization: Bearer，或作为 MQTT 用户 token 的密码。',
  lost: '令牌已生成，但无人知晓其内容。请在列表中吊销后另建。',
  greater: '该令牌的角色高于您可授予的角色，您无法吊销。',
  revoke: '吊销', revokeHint: '使用它的系统立即失效，不可恢复。', revokeText: '使用“{name}”的系统将立即失效，不可恢复；可另建新令牌。',
  audit: '使用该令牌的操作记录',
};
