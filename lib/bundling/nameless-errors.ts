/** `n0_registry.registerError(NoSuchKey$, NoSuchKey);` */
const REGISTERED = /^n\d+_registry\.registerError\(\w+\$, \w+\);\n/gm;

/**
 * The schemas of a client of the SDK without the classes of its errors: they register themselves, and so are in a bundle
 * though nobody asks for them. An error without one is of the class that all errors of its service have in common, with
 * the same message and metadata, and by the name that is in the answer. Adapters tell errors by their names
 * (lambda/adapters/aws-errors.ts), and so does the SDK where it tries again. SQS and SNS have two names for some; the one
 * in the answer is the older, "AWS.SimpleQueueService.NonExistentQueue" for QueueDoesNotExist.
 */
export const withoutErrorClasses = (text: string): string => text.replace(REGISTERED, '');
