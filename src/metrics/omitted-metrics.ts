/**
 * Apache's metrics that this server does not have, and why. A number that nothing feeds would look like good news, so
 * they are left out instead of printed as zero; docs/metrics.md shows this table.
 */
export const OMITTED_METRICS = {
  netty_queued_buffer_capacity:
    "a buffer of Netty; a paused connection is not read, so nothing of the kind gathers here",
  add_dead_watcher_stall_time: "dead watchers are removed at once, with their connection",
  dead_watchers_queued: "dead watchers are removed at once, with their connection",
  dead_watchers_cleared: "dead watchers are removed at once, with their connection",
  dead_watchers_cleaner_latency: "dead watchers are removed at once, with their connection",
  response_packet_cache_hits: "there is no response cache: data is copied from the tree as it is stored",
  response_packet_cache_misses: "there is no response cache: data is copied from the tree as it is stored",
  response_packet_get_children_cache_hits: "there is no response cache",
  response_packet_get_children_cache_misses: "there is no response cache",
  time_waiting_empty_pool_in_commit_processor_read_ms: "one event loop instead of a pool of worker threads",
  concurrent_request_processing_in_commit_processor: "one event loop instead of a pool of worker threads",
  prep_processor_queue_time_ms:
    "an input is stepped in the turn in which it arrives; sync_processor_* show waiting",
  close_session_prep_time: "prep is part of one synchronous step; prep_process_time shows the time of a turn",
} as const;
