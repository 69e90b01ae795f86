import type { ServiceCodes } from './answers.ts';

/**
 * Error codes of Huawei Cloud Image Management Service (API reference, "Error Codes"). The service gives most of them
 * with status 400, whether the request or the moment was wrong.
 */
export const IMS_CODES: ServiceCodes = {
  // The request, which the user must change
  'IMG.0002': 'invalid-request', // name
  'IMG.0003': 'invalid-request', // name
  'IMG.0062': 'invalid-request', // name
  'IMG.0009': 'invalid-request', // an image of this name exists
  'IMG.0055': 'invalid-request', // memory or disk size
  'IMG.0056': 'invalid-request', // OS type
  'IMG.0122': 'invalid-request', // OS type
  'IMG.0058': 'invalid-request', // region of the bucket
  'IMG.0141': 'invalid-request', // hw_firmware_type
  'IMG.0175': 'invalid-request', // space in a name
  'IMG.0212': 'invalid-request', // architecture
  'IMG.0015': 'quota-exceeded',
  'IMG.0057': 'content-refused', // file missing, empty or of another format
  'IMG.0059': 'too-large',
  'IMG.0072': 'format-not-taken',
  'IMG.0158': 'format-not-taken', // fast import

  // The moment
  'IMG.0018': 'endpoint-busy', // job not submitted
  'IMG.0060': 'endpoint-busy', // too many tasks
  'IMG.0149': 'endpoint-busy', // flow control
  'IMG.0187': 'endpoint-busy', // flow control of the key service
  'IMG.0061': 'endpoint-unavailable', // unknown system error

  // The credentials
  'IMG.0026': 'forbidden', // role
  'IMG.0030': 'unauthorized', // project and token
  'IMG.0087': 'unauthorized', // token
};
