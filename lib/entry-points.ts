/** The functions, by the names of their files in lambda/. */
export const ENTRY_POINTS = ['create-metadata', 'unpack-image', 'stream-upload', 'record-status', 'reconcile'] as const;
export type EntryPoint = (typeof ENTRY_POINTS)[number];
