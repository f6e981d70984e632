"""kazoo against a ZooKeeper server: prints what it sees, one fact per line, without numbers of this run.

usage: tutorial.py HOST:PORT. A line "@restart" on stdout asks the caller to restart the server and to answer with a
line on stdin.
"""

import os
import signal
import subprocess
import sys
import threading

from kazoo.client import KazooClient, KazooState
from kazoo.exceptions import (
    BadVersionError,
    InvalidACLError,
    NoAuthError,
    NoChildrenForEphemeralsError,
    NodeExistsError,
    NoNodeError,
    NotEmptyError,
    RolledBackError,
)
from kazoo.recipe.watchers import ChildrenWatch, DataWatch
from kazoo.security import ACL, Id, make_acl, make_digest_acl

ADDRESS = sys.argv[1]
PATIENCE = 30


def say(*words):
    print(*words, flush=True)


def client(**options):
    zk = KazooClient(hosts=ADDRESS, timeout=options.pop("timeout", 10), **options)
    zk.start(timeout=PATIENCE)
    return zk


def error_of(call, *args, **options):
    try:
        return repr(call(*args, **options))
    except Exception as error:  # the class is the fact
        return type(error).__name__


def stat_of(stat):
    return f"v{stat.version} c{stat.cversion} a{stat.aversion} len{stat.dataLength} kids{stat.numChildren} ephemeral={stat.ephemeralOwner != 0}"


def basics(zk):
    say("create", zk.create("/app", b"hello"))
    say("create makepath", zk.create("/app/a/b/c", b"deep", makepath=True))
    say("create sequence", zk.create("/app/seq-", b"", sequence=True))
    say("create ephemeral sequence", zk.create("/app/es-", b"", ephemeral=True, sequence=True))
    path, stat = zk.create("/app/with-stat", b"12345", include_data=True)
    say("create2", path, stat_of(stat))
    say("exists again", error_of(zk.create, "/app"))
    say("no parent", error_of(zk.create, "/none/x"))
    zk.create("/app/eph", b"", ephemeral=True)
    say("below ephemeral", error_of(zk.create, "/app/eph/x"))
    data, stat = zk.get("/app")
    say("get", data, stat_of(stat))
    say("get missing", error_of(zk.get, "/none"))
    say("set", stat_of(zk.set("/app", b"v1")))
    say("set v1", stat_of(zk.set("/app", b"v2", version=1)))
    say("set wrong version", error_of(zk.set, "/app", b"v3", version=1))
    say("exists", stat_of(zk.exists("/app")), zk.exists("/none"))
    say("children", sorted(zk.get_children("/app")))
    children, stat = zk.get_children("/app", include_data=True)
    say("children2", len(children), stat_of(stat))
    say("sync", zk.sync("/app"))
    say("delete not empty", error_of(zk.delete, "/app"))
    say("delete wrong version", error_of(zk.delete, "/app/with-stat", version=7))
    zk.delete("/app/with-stat", version=0)
    say("delete missing", error_of(zk.delete, "/app/with-stat"))
    zk.ensure_path("/app/x/y/z")
    zk.delete("/app/x", recursive=True)
    say("deleted recursively", zk.exists("/app/x"))
    unicode_path = "/app/čšž"
    zk.create(unicode_path, "ž".encode())
    say("unicode", zk.get(unicode_path)[0].decode(), unicode_path.split("/")[-1] in zk.get_children("/app"))


def watches(zk, other):
    seen = []
    arrived = threading.Condition()

    def watcher(event):
        with arrived:
            seen.append((event.type, event.path))
            arrived.notify_all()

    def wait_for(count):
        with arrived:
            if not arrived.wait_for(lambda: len(seen) >= count, PATIENCE):
                raise SystemExit(f"only {seen} of {count} events came")

    zk.exists("/w", watch=watcher)
    other.create("/w", b"0")
    wait_for(1)
    zk.get("/w", watch=watcher)
    other.set("/w", b"1")
    wait_for(2)
    zk.get_children("/w", watch=watcher)
    other.create("/w/c")
    wait_for(3)
    zk.get_children("/w", watch=watcher)
    other.delete("/w/c")
    wait_for(4)
    zk.get("/w", watch=watcher)
    other.delete("/w")
    wait_for(5)
    say("events", seen)
    values = []
    done = threading.Event()

    @DataWatch(zk, "/dw")
    def on_data(data, stat):
        values.append(data)
        if data == b"last":
            done.set()

    sets = []
    enough = threading.Event()
    other.ensure_path("/cw")

    @ChildrenWatch(zk, "/cw")
    def on_children(children):
        sets.append(sorted(children))
        if children == ["done"]:
            enough.set()

    other.create("/dw", b"first")
    other.set("/dw", b"last")
    other.create("/cw/done")
    if not (done.wait(PATIENCE) and enough.wait(PATIENCE)):
        raise SystemExit("the standing watches did not see the end")
    say("DataWatch", values[0], values[-1], "ChildrenWatch", sets[0], sets[-1])


def transactions(zk):
    t = zk.transaction()
    t.create("/tx", b"1")
    t.set_data("/tx", b"2")
    t.check("/tx", 1)
    t.create("/tx/s-", sequence=True)
    t.delete("/tx/s-0000000000")
    results = t.commit()
    say("transaction", [r if isinstance(r, (str, bool)) else stat_of(r) for r in results])
    t = zk.transaction()
    t.create("/tx/a")
    t.check("/tx", 99)
    t.delete("/tx")
    results = t.commit()
    say("rolled back", [type(r).__name__ for r in results], zk.exists("/tx/a"))
    say("classes", isinstance(results[0], RolledBackError), isinstance(results[1], BadVersionError))


def acls(zk, other):
    zk.add_auth("digest", "ann:pw")
    zk.create("/secret", b"s", acl=[make_digest_acl("ann", "pw", all=True), make_acl("world", "anyone", read=False)])
    say("acl own", zk.get("/secret")[0])
    say("acl other", error_of(other.get, "/secret"), error_of(other.set, "/secret", b""))
    own, stat = zk.get_acls("/secret")
    say("get_acls", [(a.perms, a.id.scheme, a.id.id) for a in own], stat_of(stat))
    say("bad acl", error_of(zk.create, "/bad", b"", acl=[ACL(31, Id("nope", "x"))]))
    zk.set_acls("/secret", [make_acl("world", "anyone", all=True)])
    say("set_acls", other.get("/secret")[0])
    say("exceptions", [e.__name__ for e in (NoAuthError, InvalidACLError, NodeExistsError, NoNodeError, NotEmptyError, NoChildrenForEphemeralsError)])


def recipes(zk, other):
    order = []
    lock = zk.Lock("/lock", "first")
    waiting = other.Lock("/lock", "second")
    lock.acquire()
    order.append("first has it")

    def contend():
        with waiting:
            order.append("second has it")

    thread = threading.Thread(target=contend)
    thread.start()
    while len(lock.contenders()) < 2:
        pass
    say("contenders", lock.contenders())
    order.append("first lets go")
    lock.release()
    thread.join(PATIENCE)
    say("lock", order)
    counter = zk.Counter("/counter")
    counter += 5
    counter -= 2
    say("counter", counter.value)
    queue = zk.LockingQueue("/queue")
    queue.put_all([b"1", b"2"])
    first = queue.get(PATIENCE)
    queue.consume()
    say("queue", first, len(queue))
    election = zk.Election("/election", "me")
    election.run(lambda: say("elected", election.contenders()))
    barrier = zk.DoubleBarrier("/double", 2)
    peer = threading.Thread(target=lambda: (other.DoubleBarrier("/double", 2).enter(),))
    peer.start()
    barrier.enter()
    peer.join(PATIENCE)
    say("barrier entered", len(zk.get_children("/double")) > 1)
    party = zk.Party("/party", "me")
    party.join()
    say("party", len(party))
    semaphore = zk.Semaphore("/semaphore", max_leases=2)
    with semaphore:
        say("semaphore", len(semaphore.lease_holders()))


def expiry(zk):
    """A client that is killed: its ephemerals go when its session expires, not before."""
    code = (
        "import sys\n"
        "from kazoo.client import KazooClient\n"
        f"zk = KazooClient(hosts={ADDRESS!r}, timeout=4)\n"
        "zk.start()\n"
        "zk.create('/dying', b'', ephemeral=True)\n"
        "print('made', flush=True)\n"
        "sys.stdin.read()\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    child.stdout.readline()
    gone = threading.Event()
    stat = zk.exists("/dying", watch=lambda event: gone.set())
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    say("right after the kill", stat is not None and not gone.is_set())
    say("gone after expiry", gone.wait(PATIENCE), zk.exists("/dying"))


def restart(zk):
    states = []
    back = threading.Event()

    def listener(state):
        states.append(state)
        if state == KazooState.CONNECTED:
            back.set()
        return False

    zk.add_listener(listener)
    session = zk.client_id[0]
    zk.create("/kept", b"kept")
    zk.create("/kept-eph", b"", ephemeral=True)
    say("@restart")
    sys.stdin.readline()
    if not back.wait(PATIENCE):
        raise SystemExit("no reconnection after the restart")
    say("states", states, "same session", zk.client_id[0] == session)
    retry = zk.retry
    say("data after restart", retry(zk.get, "/kept")[0], retry(zk.exists, "/kept-eph") is not None)
    say("deep data", retry(zk.get, "/app/a/b/c")[0], retry(zk.get, "/counter")[0])


def main():
    zk = client()
    other = client()
    say("connected", zk.connected, zk.client_state)
    basics(zk)
    watches(zk, other)
    transactions(zk)
    acls(zk, other)
    recipes(zk, other)
    expiry(zk)
    other.stop()
    say("ephemeral before close", zk.exists("/app/eph") is not None)
    restart(zk)
    zk.stop()
    late = client()
    say("ephemerals after close", late.exists("/app/eph"), late.exists("/kept-eph"))
    say("server version", late.server_version()[0] >= 3)
    late.stop()
    say("done")


main()
