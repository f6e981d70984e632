"""kazoo's side of shared recipes: recipe_rounds.py ADDRESS RECIPE ROUNDS. Ends with `done`, or with a traceback."""

import datetime
import sys

from kazoo.client import KazooClient
from kazoo.recipe.lease import NonBlockingLease

address, recipe, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
zk = KazooClient(hosts=address, timeout=10)
zk.start()
BASE = "/shared"


def section():
    """Exclusive, or it fails: one at a time inside, and a tally without a version check."""
    zk.create(BASE + "/inside", ephemeral=True)
    data, _ = zk.get(BASE + "/count")
    zk.set(BASE + "/count", data + b"k")
    zk.delete(BASE + "/inside")


def lock():
    shared = zk.Lock(BASE + "/recipe", "kazoo")
    for _ in range(rounds):
        with shared:
            section()


def lock_of_both():
    shared = zk.Lock(BASE + "/recipe", "kazoo", extra_lock_patterns=["-lock-"])
    for _ in range(rounds):
        with shared:
            section()


def read_write():
    for i in range(rounds):
        if i % 2 == 0:
            with zk.WriteLock(BASE + "/recipe", "kazoo"):
                section()
        else:
            with zk.ReadLock(BASE + "/recipe", "kazoo"):
                assert zk.exists(BASE + "/inside") is None, "a writer beside a reader"


def semaphore():
    shared = zk.Semaphore(BASE + "/recipe", "kazoo", max_leases=2)
    for _ in range(rounds):
        with shared:
            own = zk.create(BASE + "/holders/k-", ephemeral=True, sequence=True)
            assert len(zk.get_children(BASE + "/holders")) <= 2, "too many holders"
            zk.delete(own)


def election():
    shared = zk.Election(BASE + "/recipe", "kazoo")
    for _ in range(rounds):
        shared.run(section)


def barrier():
    for i in range(rounds):
        path = "%s/recipe/%d" % (BASE, i)
        if i % 2 == 0:
            zk.Barrier(path).wait()
            assert zk.exists("%s/opened-%d" % (BASE, i)) is not None, "through a closed barrier"
        else:
            zk.create("%s/opened-%d" % (BASE, i))
            zk.Barrier(path).remove()


def double_barrier():
    for i in range(rounds):
        zk.create("%s/entered-k-%d" % (BASE, i))
        shared = zk.DoubleBarrier("%s/recipe/%d" % (BASE, i), 2, "kazoo")
        shared.enter()
        assert zk.exists("%s/entered-n-%d" % (BASE, i)), "entered alone"
        zk.create("%s/leaves-k-%d" % (BASE, i))
        shared.leave()
        assert zk.exists("%s/leaves-n-%d" % (BASE, i)), "left alone"


def queue():
    out, back = zk.Queue(BASE + "/to-node"), zk.Queue(BASE + "/to-peer")
    for i in range(rounds):
        out.put(str(i).encode(), priority=100)
    for i in range(rounds):
        data = back.get()
        while data is None:
            data = back.get()
        assert data == str(i).encode(), (data, i)


def locking_queue():
    out, back = zk.LockingQueue(BASE + "/to-node"), zk.LockingQueue(BASE + "/to-peer")
    for i in range(rounds):
        out.put(str(i).encode(), priority=7)
    for i in range(rounds):
        assert back.get() == str(i).encode()
        assert back.consume()


def counter():
    shared = zk.Counter(BASE + "/recipe")
    for _ in range(rounds):
        shared += 2
        shared -= 1


def counter_of_curator():
    shared = zk.Counter(BASE + "/recipe", support_curator=True)
    for _ in range(rounds):
        shared += 1


def party():
    zk.Party(BASE + "/recipe", "kazoo").join()
    shallow = zk.ShallowParty(BASE + "/shallow", "kazoo")
    shallow.join()
    while sorted(zk.Party(BASE + "/recipe")) != ["kazoo", "node"] or sorted(shallow) != ["kazoo", "node"]:
        pass
    zk.create(BASE + "/seen")
    while zk.exists(BASE + "/goodbye") is None:
        pass


def lease():
    first = NonBlockingLease(zk, BASE + "/recipe", datetime.timedelta(minutes=5), "node")
    assert first, "renewed under the same name"
    assert not NonBlockingLease(zk, BASE + "/recipe", datetime.timedelta(minutes=5), "kazoo")
    assert NonBlockingLease(zk, BASE + "/other", datetime.timedelta(minutes=5), "kazoo")


def partitioner():
    shared = zk.SetPartitioner(BASE + "/recipe", set=["a", "b", "c", "d"], identifier="kazoo", time_boundary=1)
    while list(shared) != ["a", "c"]:
        if shared.release:
            shared.release_set()
        elif shared.failed:
            raise AssertionError("the partition failed")
        else:
            shared.wait_for_acquire(1)
    zk.create(BASE + "/seen")
    while zk.exists(BASE + "/goodbye") is None:
        if shared.release:
            break
    shared.finish()


zk.create(BASE + "/hello")
while zk.exists(BASE + "/go") is None:
    pass
globals()[recipe]()
zk.stop()
print("done")
