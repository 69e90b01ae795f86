import type { Prices } from './prices.ts';

/** The dashboard in CloudWatch. */
export interface DashboardProps {
  /**
   * Its name.
   *
   * @default - CloudFormation makes one of the stack's name: names are unique in an account
   */
  readonly name?: string;

  /**
   * Prices for the estimate of what each day has cost.
   *
   * @default - list prices of us-east-1, see Prices
   */
  readonly prices?: Prices;
}
