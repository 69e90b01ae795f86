import type { QueueStage } from '../../model/record.ts';

export type Waiting = Readonly<Record<QueueStage, number>>;

/** More messages than a stage works on in a moment: what waits behind them is late, not lost. */
const LONG_QUEUE = 100;

export const isBehind = (stage: QueueStage, waiting: Waiting): boolean => waiting[stage] > LONG_QUEUE;
