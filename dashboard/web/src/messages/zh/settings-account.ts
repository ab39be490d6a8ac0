// 本人账号。
export default {
  title: '我的账号', about: '姓名、密码和已登录的设备',
  profile: '个人资料', login: '登录名', name: '姓名', email: '邮箱', password: '密码',
  passwordChanged: '密码已修改，其他会话已全部结束。',
  sessions: '已登录的设备', sessionsHint: '如有不认识的会话，请结束它并修改密码。',
  thisOne: '当前会话', unknownAgent: '未知浏览器', via: { password: '密码登录', oidc: '企业账号登录' },
  seen: '最近使用', since: '登录于', until: '到期', end: '结束',
  endAll: '退出所有会话', endAllText: '您的所有会话都将结束，包括当前会话，需要重新登录。',
};
