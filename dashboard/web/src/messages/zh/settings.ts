// 设置页面的框架，以及各部分共用的文字。
export default {
  title: '设置',
  sections: '设置目录',
  group: { access: '人员与权限', alerting: '告警', data: '数据与计价', system: '系统' },
  close: '关闭', cancel: '取消', save: '保存', saved: '已保存', copy: '复制', copied: '已复制', search: '搜索', more: '另有 {n} 项', all: '全部',
  typeToConfirm: '请输入 {text} 以确认',
  secretOnce: '仅显示这一次，之后任何人（包括管理员）都无法查看。',
  secretTaken: '我已记下',
  grants: '角色', noGrants: '无角色', role: '角色', place: '范围', addGrant: '添加角色', removeGrant: '移除此角色',
  choosePlace: '选择范围', wholeRegion: '{name}全部项目',
  lookAgain: '重新查看',
  codes: {
    changed_meanwhile: '期间已有他人修改，请关闭后重新查看再修改。',
    exists: '已存在同名对象。',
    already_done: '该操作此前已完成。',
    in_progress: '该操作正在进行。',
    too_many_at_once: '同时请求过多，请稍后重试。',
    timeout: '服务器响应超时。',
  },
};
