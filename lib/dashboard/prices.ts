/**
 * What AWS charges in US dollars, list prices of us-east-1 without free tiers. They differ by region, by contract, and by
 * the way to the image endpoint.
 */
export interface Prices {
  /**
   * One GB of memory for one second, on Arm.
   *
   * @default 0.0000133334 - AWS Lambda pricing, Arm, the first tier
   */
  readonly lambdaGbSecond?: number;

  /**
   * One million invocations.
   *
   * @default 0.20 - AWS Lambda pricing
   */
  readonly lambdaMillionRequests?: number;

  /**
   * One million requests to queues.
   *
   * @default 0.40 - Amazon SQS pricing, standard queues
   */
  readonly sqsMillionRequests?: number;

  /**
   * One GB that leaves AWS.
   *
   * @default 0.09 - Amazon EC2 pricing, data transfer to the internet, the first 10 TB of a month; by Direct Connect it is
   * less
   */
  readonly transferGb?: number;

  /**
   * One GB of logs.
   *
   * @default 0.50 - Amazon CloudWatch pricing, logs, standard class
   */
  readonly logsGb?: number;

  /**
   * One GB of storage for a month.
   *
   * @default 0.023 - Amazon S3 pricing, S3 Standard, the first 50 TB
   */
  readonly storageGbMonth?: number;
}

export const LIST_PRICES: Required<Prices> = {
  lambdaGbSecond: 0.0000133334,
  lambdaMillionRequests: 0.2,
  sqsMillionRequests: 0.4,
  transferGb: 0.09,
  logsGb: 0.5,
  storageGbMonth: 0.023,
};
