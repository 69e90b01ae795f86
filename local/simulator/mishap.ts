/** What can happen to an image whose file was taken and answered for: it stays `saving`, for ever or for some time, or becomes `killed`. */
export type Mishap = 'saving for ever' | 'saving late' | 'killed';

/** Decides what happens to an image after its file was taken; undefined: what should. */
export type MishapOf = (imageId: string) => Mishap | undefined;
