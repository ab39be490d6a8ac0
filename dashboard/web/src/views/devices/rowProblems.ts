// What is wrong with a row of a table that is brought in. The server says it in English;
// what it says often is said here in Chinese. Anything else stays as it is, which is
// better than nothing: it stands beside its column and its value.
import { currentLanguage } from '../../i18n';

/** A * is anything, and is kept as $1, $2. */
const known: readonly (readonly [string, string])[] = [
  ['no such column: use those of an export', '没有这一列：请使用导出文件中的列'],
  ['this column is there twice', '该列重复出现'],
  ['this column is missing: it says which object a row is', '缺少该列：它用来确定每一行是哪个对象'],
  ['the row has more cells than the header', '该行的单元格比表头多'],
  ['is in row * too', '与第 $1 行重复'],
  ['was changed since: the version now is *; export again', '导出后已被修改，现为第 $1 版：请重新导出'],
  ['cannot be edited: approve, refuse, retire or replace the device', '不能直接修改：请通过接入审批、停用或更换设备来改变'],
  ['no such place, or not one in which you may do this', '没有这个区域或项目，或您在那里没有此项权限'],
  ['is retired: nothing new can be in it', '已停用：不能再新增内容'],
  ['give the region too', '请同时填写区域'],
  ['use 1 to 64 of a-z, 0-9, - and _, beginning with a letter or digit', '请使用 1 至 64 个小写字母、数字、连字符或下划线，并以字母或数字开头'],
  ['missing: *', '缺少该值'],
  ['not UTF-8', '不是 UTF-8 编码'],
  ['has * characters, more than *', '有 $1 个字符，最多 $2 个'],
  ['has a character that does not print: remove it', '含有不可见字符：请删除'],
  ['not a day of the form 2006-01-02', '不是日期：请写成 2006-01-02 的形式'],
  ['not a number from 0 to *', '不是 0 至 $1 之间的数'],
  ['not an IANA time zone such as Asia/Shanghai', '不是时区名称：请写成 Asia/Shanghai 的形式'],
  ['not one of *', '只能是以下之一：$1'],
  ['must be greater than 0; it is 1 without transformers', '必须大于 0；没有互感器时为 1'],
  ['only meters have a medium: leave it empty', '只有表计有介质：请留空'],
  ['goes together with the state replaced', '只在状态为 replaced（已更换）时填写'],
  ['has * devices, more than *', '有 $1 台设备，最多 $2 台'],
  ['has * identities, more than *', '有 $1 个外部标识，最多 $2 个'],
  ['a scheme is 1 to 64 of a-z, 0-9, - and _, such as dl645', '标识类型须为 1 至 64 个小写字母、数字、连字符或下划线，如 dl645'],
  ['an identity is not empty, has no semicolon and no space around it', '标识不能为空，不能含分号，前后不能有空格'],
  ['is also an identity of *: each belongs to one device of a project', '也是 $1 的标识：同一项目内每个标识只属于一台设备'],
  ['no such building in this project: add it first', '该项目没有这个楼栋：请先添加'],
  ['no such device of the same class in this project, as class/id', '该项目没有这台同类设备：请写成 类型/编号'],
  ['no such device in this project: *', '该项目没有这台设备'],
  ['a meter would be behind itself: *', '表计的上级会成为它自己：$1'],
  ['a device would feed itself: *', '设备会给自己供给：$1'],
  ['is the name of the headquarters: choose another', '这是总部的名称：请另选一个'],
];

const patterns = known.map(([en, zh]) => ({
  en: new RegExp(`^${en.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '(.+)')}$`), zh,
}));

export function rowProblem(problem: string): string {
  if (currentLanguage() !== 'zh') return problem;
  for (const { en, zh } of patterns) {
    const found = en.exec(problem);
    if (found) return zh.replace(/\$(\d)/g, (_, n: string) => found[Number(n)] ?? '');
  }
  return problem;
}
