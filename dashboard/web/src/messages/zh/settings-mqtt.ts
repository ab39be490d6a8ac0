// 设备与网关连接 MQTT 服务的凭据。
export default {
  title: 'MQTT 凭据', about: '设备、网关和项目上报数据所用的账号',
  credential: '凭据', new: '新建凭据', create: '创建', made: '凭据已生成', search: '用户名的一部分',
  name: '用户名', password: '密码', kind: '类型', project: '项目', publishes: '可发布主题', used: '最近连接', by: '创建人', never: '从未连接', note: '备注',
  everyKind: '全部类型', kinds: { device: '设备', gateway: '网关', project: '项目' },
  kindAbout: { device: '只发布一台设备的主题。', gateway: '发布其下挂设备的主题。', project: '发布项目内所有设备的主题及运营记录。' },
  revoked: '包括已吊销的', isRevoked: '已吊销', revokedAt: '吊销时间', count: '{n} 台设备',
  none: '没有凭据', noneHint: '使用内置 MQTT 服务时，每台设备、网关或项目各有自己的用户名和密码。',
  class: '设备类别', device: '设备编号', ownName: '自定义名称', ownNameHint: '留空则按设备或项目自动生成。', ownNameGateway: '网关须填写，如 gateway-1。', ownNameWrong: '只能用小写字母、数字、- _ 和 . 。', deviceWrong: '只能用小写字母、数字、- 和 _，且以字母或数字开头：它是主题的一部分。',
  children: '网关下挂设备', addChild: '添加项目内的设备', childrenHint: '共 {n} 台。每行一台：类别/编号。保存后网关连接会断开，并按新列表重连。', childrenWrong: '格式应为 类别/编号：{list}',
  secretHint: '请将两者写入设备。该凭据只能发布，不能读取。', rotatedHint: '请将新密码写入设备，使用旧密码的连接已断开。',
  lost: '凭据已生成，但密码无人知晓。请在列表中打开并更换密码。',
  rotate: '更换密码', rotateAbout: '生成新密码，使用旧密码的连接断开。', rotateText: '在设备写入新密码之前，{name} 将无法连接。',
  revoke: '吊销', revokeAbout: '连接永久断开，用户名可重新使用。', revokeText: '{name} 将无法再连接，原设备需使用新的凭据。',
};
