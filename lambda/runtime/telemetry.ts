/** What logs and metrics are written under; lib/ types what it deploys with this. */
export interface TelemetryEnvironment {
  /** Of the function, in logs and metrics. */
  readonly SERVICE_NAME: string;
  /** CloudWatch's. */
  readonly METRICS_NAMESPACE: string;
  /** One of LOG_LEVELS of lib/settings/props.ts. */
  readonly LOG_LEVEL: string;
}

export interface Telemetry {
  readonly service: string;
  readonly namespace: string;
  readonly logLevel: string;
}
