const QUEUES =
  "there is no commit processor with queues of its own; read_commitproc_time_ms shows how long reads waited";
const STEP =
  "what is committed is applied, answered and followed by what waited for it in one step; prep_process_time shows the time of a turn";
const LEARNERS =
  "an optimisation that is not needed: a request of a learner waits in no queue for its commit";
const MASTERS = "a follower passes a commit on to its observers in the step that applies it";
const PACKETS =
  "a packet for a learner goes to its socket at once; the admin command observers shows what waits there";

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
  requests_in_session_queue: QUEUES,
  pending_session_queue_size: QUEUES,
  reads_after_write_in_session_queue: QUEUES,
  reads_issued_from_session_queue: QUEUES,
  session_queues_drained: QUEUES,
  read_commit_proc_req_queued: QUEUES,
  write_commit_proc_req_queued: QUEUES,
  commit_commit_proc_req_queued: QUEUES,
  read_commit_proc_issued: QUEUES,
  write_commit_proc_issued: QUEUES,
  write_batch_time_in_commit_processor: STEP,
  commit_process_time: STEP,
  local_write_committed_time_ms: STEP,
  server_write_committed_time_ms: STEP,
  read_final_proc_time_ms: STEP,
  write_final_proc_time_ms: STEP,
  learner_request_processor_queue_size:
    "a request is forwarded to the leader in the step in which its turn comes",
  skip_learner_request_to_next_processor_count: LEARNERS,
  requests_not_forwarded_to_commit_processor: LEARNERS,
  socket_closing_time: "closing a link to a learner makes nobody wait",
  om_proposal_process_time_ms: MASTERS,
  om_commit_process_time_ms: MASTERS,
  learner_handler_qp_size: PACKETS,
  learner_handler_qp_time_ms: PACKETS,
} as const;
