#!/usr/bin/env bash
# The shell:
#
#   zkCli.sh [--config <conf-dir>] [-server host:port[,...][/chroot]] [-timeout ms] [-r] [command [words...]]

ZOOBINDIR=$(cd "$(dirname "$(readlink -f "$0" || echo "$0")")" && pwd)
. "$ZOOBINDIR/zkEnv.sh"
program=$(zk_program zk-cli.cjs) || exit 1

exec "$NODE" "$program" "$@"
