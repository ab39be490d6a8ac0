// Sizes, in the units that disks and memory are counted in.
import { formatNumber } from '../../../format/format';

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

export function bytes(value: number | null | undefined): string {
  if (value === null || value === undefined) return '–';
  const step = value < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(value) / 10));
  const scaled = value / 1024 ** step;
  return `${formatNumber(scaled >= 100 ? Math.round(scaled) : Math.round(scaled * 10) / 10)}\u00a0${units[step]}`;
}
