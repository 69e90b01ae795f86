/** What the package gives to CDK apps. */
export type { ImageMetadata } from '../lambda/model/metadata.ts';
export type { ReceiptAlgorithm } from '../lambda/model/receipt.ts';
export type { RouteSetting, TargetKind } from '../lambda/model/target.ts';
export type { AnyBucket } from './buckets.ts';
export type { Prices } from './dashboard/prices.ts';
export type { DashboardProps } from './dashboard/watched.ts';
export { type Functions, ImageDrop } from './image-drop.ts';
export {
  type DropBucketByName,
  ImageDropStack,
  type ImageDropStackProps,
  type ReceiptKeyByArn,
} from './image-drop-stack.ts';
export type { LeanFunction } from './lean-function.ts';
export type { Queues } from './parts.ts';
export type { ReconcileFunction } from './reconcile.ts';
export { SettingError } from './settings/checks.ts';
export type { ManagedInstancesProps } from './settings/managed-instances-props.ts';
export type { AnyVpc } from './settings/network.ts';
export type { OutcomeEmailsProps, OutcomeStatus } from './settings/outcome-emails-props.ts';
export type { ExistingDropBucket, ImageDropProps, LogLevel, ReceiptKeyProps } from './settings/props.ts';
export type { ReconcileProps } from './settings/reconcile-props.ts';
export type { StageProps } from './settings/stage-props.ts';
export type { StagingProps, TargetProps } from './settings/target-props.ts';
export type { StageFunction } from './stage-function.ts';
export type { StageQueue } from './stage-queue.ts';
