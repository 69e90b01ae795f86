/** A key as S3 lists it with EncodingType=url. */
export const decodedKey = (key: string): string => decodeURIComponent(key.replaceAll('+', ' '));
