#!/usr/bin/env bash
# Deletes old snapshots and logs:
#
#   zkCleanup.sh [--config <conf-dir>] -n COUNT          with the directories of the configuration
#   zkCleanup.sh dataLogDir [snapDir] -n COUNT           where there is no configuration

ZOOBINDIR=$(cd "$(dirname "$(readlink -f "$0" || echo "$0")")" && pwd)
. "$ZOOBINDIR/zkEnv.sh"
program=$(zk_program menagerie.js) || exit 1

exec "$NODE" "$program" purge "$@"
