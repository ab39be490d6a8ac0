// The records that projects keep beside their devices: of each kind what a list shows,
// and who may bring them in.
import type { Complaint, Fee, Inspection, RepairOrder } from '../../api/schema';
import type { Permission } from '../../session/session';

export type OperationsKind = 'inspections' | 'complaints' | 'fees' | 'repair-orders';
export type Entry = Inspection & Complaint & Fee & RepairOrder;

export interface Field {
  name: keyof Entry;
  width: string;
  as: 'word' | 'time' | 'day' | 'month' | 'money' | 'number' | 'text';
  minor?: boolean;
}

interface Kind {
  /** needed to import and to withdraw, as the API has it */
  needs: Permission;
  fields: readonly Field[];
  /** kinds or types by which they can be filtered */
  sorts: readonly string[];
  sort: 'kind' | 'type';
}

export const kinds: Record<OperationsKind, Kind> = {
  inspections: {
    needs: 'configure', sort: 'kind', sorts: ['safety', 'fire', 'elevator', 'cleaning', 'equipment', 'quality'],
    fields: [
      { name: 'level', width: '84px', as: 'word' }, { name: 'kind', width: '96px', as: 'word' }, { name: 'planned', width: '132px', as: 'time' },
      { name: 'done', width: '132px', as: 'time' }, { name: 'score', width: '84px', as: 'number' }, { name: 'building', width: '90px', as: 'text', minor: true }, { name: 'note', width: 'minmax(80px, 1fr)', as: 'text', minor: true },
    ],
  },
  complaints: {
    needs: 'act', sort: 'type', sorts: ['repair', 'noise', 'cleaning', 'security', 'parking', 'fee', 'other'],
    fields: [
      { name: 'type', width: '96px', as: 'word' }, { name: 'created', width: '132px', as: 'time' }, { name: 'answered', width: '132px', as: 'time' }, { name: 'closed', width: '132px', as: 'time' },
      { name: 'satisfied', width: '90px', as: 'number' }, { name: 'note', width: 'minmax(80px, 1fr)', as: 'text', minor: true },
    ],
  },
  fees: {
    needs: 'configure', sort: 'kind', sorts: ['property', 'parking', 'energy', 'other'],
    fields: [
      { name: 'kind', width: '96px', as: 'word' }, { name: 'month', width: '116px', as: 'month' }, { name: 'due', width: '124px', as: 'money' }, { name: 'paid', width: '124px', as: 'money' }, { name: 'paid_on', width: '116px', as: 'day' },
    ],
  },
  'repair-orders': {
    needs: 'act', sort: 'type', sorts: ['elevator', 'plumbing', 'electrical', 'fire', 'access', 'meter', 'hvac', 'civil', 'other'],
    fields: [
      { name: 'type', width: '92px', as: 'word' }, { name: 'priority', width: '76px', as: 'word' }, { name: 'contractor', width: 'minmax(90px, 1fr)', as: 'text' }, { name: 'created', width: '128px', as: 'time' },
      { name: 'arrived', width: '128px', as: 'time' }, { name: 'done', width: '128px', as: 'time' }, { name: 'cost', width: '100px', as: 'money', minor: true }, { name: 'device', width: '110px', as: 'text', minor: true },
    ],
  },
};

export const kindNames = Object.keys(kinds) as OperationsKind[];
