#!/usr/bin/env bash
# Starts, stops and questions a server:
#
#   zkServer.sh [--config <conf-dir>] {start|start-foreground|stop|version|restart|status|print-cmd} [cfgfile]
#
# Everything that has to read the configuration happens in the program, so that it is read in one way only.

ZOOSCRIPT=$0
export ZOOSCRIPT
ZOOBINDIR=$(cd "$(dirname "$(readlink -f "$0" || echo "$0")")" && pwd)
. "$ZOOBINDIR/zkEnv.sh"
program=$(zk_program zk-server.js) || exit 1

if [ "$1" = start-foreground ] && [ -n "$ZK_SERVER_HEAP" ]; then
  NODE_OPTIONS="$NODE_OPTIONS --max-old-space-size=$ZK_SERVER_HEAP"
  export NODE_OPTIONS
fi
if [ "$1" = start-foreground ] && [ -n "$ZOO_NOEXEC" ]; then
  "$NODE" "$program" "$@"
  exit $?
fi
exec "$NODE" "$program" "$@"
