#!/usr/bin/env bash
# Makes an empty data directory:
#
#   zkServer-initialize.sh [--config <conf-dir>] [--configfile=FILE] [--myid=N] [--force]

ZOOBINDIR=$(cd "$(dirname "$(readlink -f "$0" || echo "$0")")" && pwd)
. "$ZOOBINDIR/zkEnv.sh"
program=$(zk_program menagerie.js) || exit 1

exec "$NODE" "$program" initialize "$@"
