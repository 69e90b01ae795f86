import type { RequestListener } from 'node:http';
import type { ImageEndpoint } from '../../lambda/endpoints/endpoint.ts';
import type { Target } from '../../lambda/model/target.ts';
import type { ImageClient } from '../local/simulator/cloud.ts';

/** How the service is set up; what is left out is as it ships. */
export interface ServiceSettings {
  readonly diskFormats?: readonly string[];
  readonly importMethods?: readonly string[];
  /** Whether imports may fetch from the source of the test; as it ships, Glance fetches from ports 80 and 443 only. */
  readonly importFilter?: 'open' | 'closed';
  readonly imageSizeCapBytes?: number;
  readonly userStorageQuotaBytes?: number;
  readonly quotas?: {
    readonly imageSizeTotalMib?: number;
    readonly imageCountTotal?: number;
    readonly imageCountUploading?: number;
  };
  readonly hashAlgorithm?: 'sha256' | 'sha512';
  /** Bytes that the store can hold. */
  readonly storeBytes?: number;
  /** How long a token lives. */
  readonly tokenSeconds?: number;
}

/** `stranger` is a member of another project. */
export type Who = 'member' | 'admin' | 'stranger';

/** An image service with its Keystone, as the cases of the contract see it. */
export interface ServiceWorld {
  readonly name: string;
  /** Sets the service up in this way and in no other; images stay. */
  configure(settings: ServiceSettings): Promise<void>;
  /** Ours, with a session of its own. */
  endpoint(changes?: Partial<Target>): ImageEndpoint;
  /** Another client, with a new token. @param who by default a member of the project that ours belongs to */
  client(who?: Who): Promise<ImageClient>;
  /** Ends the service as a crash would, and starts it again. */
  crash(): Promise<void>;
  /** Makes an active image look as if the service had computed fewer hashes. */
  keepHashes(id: string, kept: 'md5' | 'none'): Promise<void>;
  /** What lies in the store. */
  storedBytes(id: string): Promise<Buffer>;
  /** A web server from which images can be imported. */
  readonly source: Source;
  stop(): Promise<void>;
}

export interface Source {
  readonly url: string;
  /** How it answers from now on. */
  serve(listener: RequestListener): void;
}

/** One behaviour of the service that a client has to live with. docs/endpoints.md shows those that concern imagedrop. */
export interface ContractCase {
  readonly name: string;
  /** What the service does. */
  readonly service: string;
  /** What imagedrop makes of it. Absent where it never meets it: other clients do. */
  readonly ours?: string;
  readonly settings?: ServiceSettings;
  /** Why the real service here does not show it. */
  readonly simulatorOnly?: string;
  run(world: ServiceWorld): Promise<void>;
}
