// The heat map of hours, with a pattern on those of which but a part is known.
import { heatMap, type Say } from '../../chart/options';
import type { Options } from '../../chart/engine';
import type { Palette } from '../../chart/theme';
import { isPart } from './weeks';

/** known is the share of the hour that is accounted for, over all its meters. */
export type HourCell = readonly [column: number, row: number, value: number | null, known: number | null];

type Item = { dataIndex: number; value: [number, number, number] };

export function hoursMap(columns: readonly string[], rows: readonly string[], cells: readonly HourCell[], colours: Palette, say: Say & { part(known: number): string }): Options {
  const drawn = cells.filter(([, , value]) => value !== null);
  const map = heatMap(columns, rows, drawn.map(([x, y, value]) => [x, y, value] as const), colours, say);
  const told = map['tooltip'] as { formatter(item: Item): string };
  const hatched = { decal: { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: Math.PI / 4, color: colours.panel } };
  return {
    ...map,
    tooltip: {
      ...told,
      formatter: (item: Item) => {
        const known = drawn[item.dataIndex]?.[3] ?? null;
        return isPart(known) ? `${told.formatter(item)}\n${say.part(known)}` : told.formatter(item);
      },
    },
    series: [{
      ...(map['series'] as object[])[0],
      data: drawn.map(([x, y, value, known]) => (isPart(known) ? { value: [x, y, value], itemStyle: hatched } : [x, y, value])),
    }],
  };
}
