# Sourced by the scripts beside it, which have set ZOOBINDIR: finds the configuration directory, Node and the program.
#
# Takes `--config DIR` from the front of the caller's words. Reads zookeeper-env.sh and java.env of the configuration
# directory, and exports what they and the caller have set, because the program behind the scripts reads its environment.

if [ $# -gt 1 ] && [ "$1" = --config ]; then
  ZOOCFGDIR=$2
  shift 2
fi
if [ -z "$ZOOCFGDIR" ]; then
  if [ -e "$ZOOBINDIR/../conf" ]; then
    ZOOCFGDIR=$ZOOBINDIR/../conf
  else
    ZOOCFGDIR=$ZOOBINDIR/../etc/zookeeper
  fi
fi

for zk_file in zookeeper-env.sh java.env; do
  if [ -f "$ZOOCFGDIR/$zk_file" ]; then
    . "$ZOOCFGDIR/$zk_file"
  fi
done

export ZOOBINDIR ZOOCFGDIR ZOOCFG ZOO_LOG_DIR ZOO_LOG_FILE ZOOPIDFILE ZOO_DATADIR_AUTOCREATE_DISABLE
export SERVER_JVMFLAGS CLIENT_JVMFLAGS JVMFLAGS ZK_SERVER_HEAP ZK_CLIENT_HEAP USER HOSTNAME
export JMXDISABLE JMXPORT JMXAUTH JMXSSL JMXLOG4J JMXHOSTNAME

NODE=${NODE:-node}
if ! command -v "$NODE" >/dev/null 2>&1; then
  echo "Error: node could not be found in PATH. Node.js 20.19 or newer is needed." >&2
  exit 1
fi

zk_program() {
  if [ ! -f "$ZOOBINDIR/../dist/bin/$1" ]; then
    echo "Error: there is no build in $(cd "$ZOOBINDIR/.." && pwd)/dist. Run 'npm install' there first." >&2
    exit 1
  fi
  echo "$ZOOBINDIR/../dist/bin/$1"
}
