/** Who may do what on the stack of one machine; iam.ts answers from the template's roles. */

export interface Principal {
  /** "operator", or the logical id of the role. */
  readonly name: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface Access {
  /** The holder of an access key; undefined for an unknown key. */
  principal(accessKeyId: string): Principal | undefined;
  /**
   * Decides one action ("s3:PutObject") on one resource ARN, and keeps count of what was asked so that a test can tell
   * which grants were never needed.
   */
  allows(principal: Principal, action: string, resourceArn: string): boolean;
}
