import type { RecordStatus } from '../../lambda/model/record.ts';
import type { Style } from './styles.ts';

const STYLES: Readonly<Record<RecordStatus, Style>> = {
  received: 'cyan',
  created: 'cyan',
  uploading: 'cyan',
  processing: 'cyan',
  active: 'green',
  failed: 'red',
  superseded: 'dim',
};

/** The same status has the same colour everywhere; one that a newer version has added has none. */
export const statusStyle = (status: RecordStatus): Style => STYLES[status] ?? 'bold';
