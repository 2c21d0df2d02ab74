import type { Failure } from "../../properties/checkProperties.ts";
import type { Props } from "../../providerHost.ts";
import type { ArmResource } from "./resourceStore.ts";
import type { ResourceType } from "./resourceType.ts";

/** A request to create or update a resource; Azure has one verb, PUT, for both. */
export interface PutRequest {
  /** ARM id. */
  id: string;
  /** The names in the id, by path parameter. */
  names: Record<string, string>;
  /** Checked inputs, all known. */
  inputs: Props;
  /** The resource before the update; nothing at creation. */
  existing: ArmResource | undefined;
  /** Ends long work early. */
  signal?: AbortSignal;
  /** It is a PATCH: what Azure never answers, such as `customData`, is missing in `inputs` and stays as it is. */
  partial?: boolean;
}

/** How a PUT is done. */
export type PutOptions = Pick<PutRequest, "signal" | "partial">;

/** The result of a PUT. */
export interface PutAnswer {
  /** What Azure answers about the resource beyond its inputs and the type's own answers. @default {} */
  state?: Props;
  /** See {@link ArmResource.hidden}. @default {} */
  hidden?: Props;
}

/** What the emulator does for one resource type. */
export interface Behaviour {
  /** The facts about the type. */
  readonly type: ResourceType;
  /** What Azure refuses beyond the form of the inputs. Values that a preview does not know yet must pass. */
  check?(inputs: Props): Failure[];
  /** Refuses what the sandbox lacks in a program's resource, and only there. @throws ArmError */
  requireEmulated?(inputs: Props): void;
  /** Makes or changes the resource. @throws ArmError as Azure refuses it @default keeps the inputs */
  put?(request: PutRequest): Promise<PutAnswer>;
  /** Azure's answer as of now, where it depends on more than the last PUT; nothing when the resource is gone. */
  get?(resource: ArmResource): Promise<Props | undefined>;
  /** Checks a deletion of this resource before anything inside it is deleted. @throws ArmError as Azure refuses it */
  mayDelete?(resource: ArmResource): void;
  /**
   * Deletes the resource.
   * @param withParent the resource that contains it is deleted at the same time
   * @throws ArmError as Azure refuses it
   */
  remove?(resource: ArmResource, withParent: boolean): Promise<void>;
}
