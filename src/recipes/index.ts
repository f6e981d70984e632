/**
 * `menagerie/recipes`: coordination out of znodes. Where Curator or kazoo have the recipe, the layout is theirs, so that Java,
 * Python and Node processes share it. See docs/recipes/.
 */
export { AtomicLong } from "./atomic-long.ts";
export { Barrier } from "./barrier.ts";
export { ChildrenCache } from "./children-cache.ts";
export type { Layout } from "./contention.ts";
export { type Counted, Counter, type CounterOptions } from "./counter.ts";
export { DoubleBarrier, type DoubleBarrierOptions } from "./double-barrier.ts";
export { type DubboCategory, DubboRegistry } from "./dubbo-registry.ts";
export { GroupMember, type GroupMemberOptions } from "./group-member.ts";
export { Hold, type HoldOptions } from "./hold.ts";
export type { PutOptions, TakeOptions } from "./item-store.ts";
export { type LeaderEvent, LeaderLatch, type LeaderLatchOptions } from "./leader-latch.ts";
export { LeaderSelector, type LeaderSelectorOptions } from "./leader-selector.ts";
export { Lease, type LeaseOptions, MultiLease } from "./lease.ts";
export { type AcquireOptions, Lock, type LockOptions } from "./lock.ts";
export { LockingQueue, TakenItem } from "./locking-queue.ts";
export { type LossReason, LostError } from "./lost-error.ts";
export { MemberQueue, type MemberQueueOptions } from "./member-queue.ts";
export { MultiHold, MultiLock } from "./multi-lock.ts";
export { NodeCache } from "./node-cache.ts";
export { Party, type PartyOptions } from "./party.ts";
export type { WaitOptions } from "./patience.ts";
export { PersistentNode, type PersistentNodeOptions } from "./persistent-node.ts";
export { PersistentTtlNode, type PersistentTtlNodeOptions } from "./persistent-ttl-node.ts";
export { PriorityQueue, type PriorityQueueOptions, Queue, type QueueOptions } from "./queue.ts";
export type { QueueLayoutName } from "./queue-layout.ts";
export { ReadWriteLock } from "./read-write-lock.ts";
export { Semaphore, type SemaphoreOptions } from "./semaphore.ts";
export {
  formatInstance,
  parseInstance,
  Registration,
  type ServiceDescription,
  ServiceDiscovery,
  type ServiceInstance,
  type ServiceType,
  type UriSpec,
} from "./service-discovery.ts";
export { type Partition, partition, SetPartitioner, type SetPartitionerOptions } from "./set-partitioner.ts";
export { type Change, SharedValue, type ValueCodec, type Versioned } from "./shared-value.ts";
export { type CachedNode, type CacheEvent, TreeCache, type TreeCacheOptions } from "./tree-cache.ts";
export { TwoPhaseCommit, type Vote } from "./two-phase-commit.ts";
export { UniqueIds, type UniqueIdsOptions, uniqueName, WorkerIds } from "./unique-ids.ts";
