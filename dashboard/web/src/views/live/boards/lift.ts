// What a lift last said of where it is and what it does.
import type { Device } from '../../../live/store';
import { modeOf } from './condition';
import { numberOf } from './reading';

export interface Lift {
  floor: number | undefined;
  way: 'still' | 'up' | 'down';
  /** 1 when it is open */
  door: number | undefined;
  /** 1 when somebody is in it */
  passenger: number | undefined;
  mode: string;
}

const ways = ['still', 'up', 'down'] as const;

export function liftOf(device: Device): Lift {
  return {
    floor: numberOf(device, 'floor'), way: ways[numberOf(device, 'direction') ?? 0] ?? 'still', door: numberOf(device, 'door_open'),
    passenger: numberOf(device, 'passenger'), mode: modeOf(device),
  };
}
