const ENCODED_WORD = /^=\?[\w-]+\?[BQ]\?.*\?=$/i;

/** RFC 2047, "encoded-word": S3 gives what is not ASCII in this form, and would take such a text from anybody. */
export const isEncodedWord = (text: string): boolean => ENCODED_WORD.test(text);
