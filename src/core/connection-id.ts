/** Given by the host to each accepted connection: a positive integer that is never used again in this process. */
export type ConnectionId = number;
