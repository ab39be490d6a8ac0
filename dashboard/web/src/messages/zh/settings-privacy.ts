// 个人信息的查询与删除。
export default {
  title: '个人信息', about: '向本人提供其全部记录，或予以删除',
  person: '个人', hint: '卡号、人脸和车牌只以化名保存，不保存原始信息。请通过一次通行查找本人，或直接输入化名。',
  pseudonym: '化名', wrong: '化名为 psn_ 加 32 位 0–9、a–f 字符。',
  export: '导出', exportAbout: '导出涉及此人的全部通行和巡检记录，每行一个 JSON 对象。操作会记入审计日志。',
  erase: '删除', eraseAbout: '替换所有位置的化名：统计数保留，个人不可再识别，且无法恢复。',
  eraseText: '此人在所有项目中的记录都将无法再识别到个人。操作无法撤销，并会记入审计日志。',
  erased: '已删除此人的记录', nothingKept: '没有此人的记录，无需删除。请核对化名。', parts: { events: '通行记录', states: '上报文本', inspections: '巡检记录', letters: '隔离消息', live: '实时记录' },
  find: '按通行记录查找', findHint: '请在上方选择范围，并输入本人所说的门禁和时间。', gate: '门禁编号', before: '早于', choose: '选择',
  noPassages: '没有可识别的通行记录', cut: '仅查看了最新 {n} 条，更早的请缩小范围、填写门禁编号或更早的时间。', noPassagesHint: '该范围内此前 30 天没有记录。',
};
