import type { HashAlgorithm } from '../../../lambda/model/image.ts';

export const HASH_NAMES: readonly HashAlgorithm[] = ['md5', 'sha256', 'sha512'];
