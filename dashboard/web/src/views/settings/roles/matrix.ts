// The server's own rules as rows of a table: operations of one chapter that need the
// same are one row.
export interface Operation {
  id?: string;
  tag?: string;
  summary?: string;
  changes?: boolean;
  permission?: string;
  everywhere?: boolean;
}

export interface Row {
  key: string;
  changes: boolean;
  permission: string;
  everywhere: boolean;
  operations: Operation[];
}

export interface Chapter {
  tag: string;
  rows: Row[];
}

const order = ['read', 'act', 'configure', 'manage', 'administer'];

export function chapters(operations: readonly Operation[]): Chapter[] {
  const found = new Map<string, Map<string, Row>>();
  for (const operation of operations) {
    const { tag = '', changes = false, permission = '', everywhere = false } = operation;
    const key = `${tag} ${order.indexOf(permission)} ${changes} ${everywhere}`;
    const rows = found.get(tag) ?? new Map<string, Row>();
    found.set(tag, rows);
    const row = rows.get(key) ?? { key, changes, permission, everywhere, operations: [] };
    rows.set(key, row);
    row.operations.push(operation);
  }
  return [...found].map(([tag, rows]) => ({
    tag, rows: [...rows.values()].sort((a, b) => order.indexOf(a.permission) - order.indexOf(b.permission) || Number(a.changes) - Number(b.changes) || Number(a.everywhere) - Number(b.everywhere)),
  }));
}

/** The key of a chapter's name among the messages. */
export function tagKey(tag: string): string {
  return tag.toLowerCase().replaceAll(' ', '_');
}
