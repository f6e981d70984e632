import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.api.transaction.CuratorTransactionResult;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.barriers.DistributedBarrier;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.cache.NodeCache;
import org.apache.curator.framework.recipes.cache.TreeCache;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreV2;
import org.apache.curator.framework.recipes.nodes.PersistentNode;
import org.apache.curator.framework.recipes.queue.SimpleDistributedQueue;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.retry.RetryNTimes;
import org.apache.zookeeper.CreateMode;

/** Apache Curator's framework and recipes: what they see, one fact per line. */
public final class CuratorTour {
    private static final int PATIENCE_S = 30;
    private final CuratorFramework one;
    private final CuratorFramework two;

    private CuratorTour(String address) {
        one = start(address);
        two = start(address);
    }

    private static CuratorFramework start(String address) {
        CuratorFramework client = CuratorFrameworkFactory.builder().connectString(address).namespace("tour")
            .sessionTimeoutMs(10_000).connectionTimeoutMs(10_000).retryPolicy(new RetryNTimes(200, 50)).build();
        client.start();
        return client;
    }

    public static void main(String[] args) throws Exception {
        CuratorTour tour = new CuratorTour(args[0]);
        tour.framework();
        tour.locks();
        tour.leader();
        tour.barriers();
        tour.counters();
        tour.caches();
        tour.restart();
        tour.one.close();
        tour.two.close();
        Say.line("done");
        System.exit(0);
    }

    private static void must(boolean happened, String what) {
        if (!happened) {
            throw new IllegalStateException("did not happen in time: " + what);
        }
    }

    private void framework() throws Exception {
        Say.line("create", one.create().creatingParentsIfNeeded().forPath("/deep/er/node", "x".getBytes()));
        Say.line("containers", one.create().creatingParentContainersIfNeeded().forPath("/cont/ainer/leaf"));
        String guarded = one.create().withProtection().withMode(CreateMode.EPHEMERAL_SEQUENTIAL).forPath("/p");
        Say.line("protected", guarded.matches("/_c_[0-9a-f-]+-p0{9}\\d"));
        Say.line("ttl", one.create().withTtl(60_000).withMode(CreateMode.PERSISTENT_WITH_TTL).forPath("/ttl"));
        Say.line("data", one.getData().forPath("/deep/er/node"));
        for (CuratorTransactionResult result : one.transaction().forOperations(
            one.transactionOp().create().forPath("/tx", "1".getBytes()),
            one.transactionOp().setData().forPath("/tx", "2".getBytes()),
            one.transactionOp().check().withVersion(1).forPath("/tx"))) {
            Say.line("transaction", result.getType(), result.getForPath(), result.getError());
        }
        one.delete().deletingChildrenIfNeeded().forPath("/deep");
        Say.line("deleted", one.checkExists().forPath("/deep"));
    }

    private void locks() throws Exception {
        InterProcessMutex first = new InterProcessMutex(one, "/lock");
        InterProcessMutex second = new InterProcessMutex(two, "/lock");
        first.acquire();
        Say.line("second must wait", second.acquire(100, TimeUnit.MILLISECONDS));
        first.release();
        Say.line("second gets it", second.acquire(PATIENCE_S, TimeUnit.SECONDS));
        Say.line("participants", second.getParticipantNodes().size());
        second.release();
        InterProcessReadWriteLock shared = new InterProcessReadWriteLock(one, "/rw");
        InterProcessReadWriteLock rival = new InterProcessReadWriteLock(two, "/rw");
        shared.readLock().acquire();
        Say.line("two readers", rival.readLock().acquire(PATIENCE_S, TimeUnit.SECONDS));
        rival.readLock().release();
        Say.line("no writer beside", rival.writeLock().acquire(100, TimeUnit.MILLISECONDS));
        shared.readLock().release();
        Say.line("writer alone", rival.writeLock().acquire(PATIENCE_S, TimeUnit.SECONDS));
        rival.writeLock().release();
        InterProcessSemaphoreV2 semaphore = new InterProcessSemaphoreV2(one, "/semaphore", 2);
        var leases = semaphore.acquire(2);
        Say.line("third lease", semaphore.acquire(100, TimeUnit.MILLISECONDS));
        semaphore.returnAll(leases);
    }

    private void leader() throws Exception {
        LeaderLatch first = new LeaderLatch(one, "/leader", "one");
        LeaderLatch second = new LeaderLatch(two, "/leader", "two");
        first.start();
        must(first.await(PATIENCE_S, TimeUnit.SECONDS), "first leads");
        second.start();
        Say.line("leader", second.getLeader().getId(), second.hasLeadership());
        first.close();
        must(second.await(PATIENCE_S, TimeUnit.SECONDS), "second leads");
        Say.line("then", second.getLeader().getId());
        second.close();
    }

    private void barriers() throws Exception {
        DistributedBarrier barrier = new DistributedBarrier(one, "/barrier");
        barrier.setBarrier();
        Say.line("held", new DistributedBarrier(two, "/barrier").waitOnBarrier(100, TimeUnit.MILLISECONDS));
        barrier.removeBarrier();
        Say.line("free", new DistributedBarrier(two, "/barrier").waitOnBarrier(PATIENCE_S, TimeUnit.SECONDS));
        Thread peer = new Thread(() -> {
            try {
                DistributedDoubleBarrier rival = new DistributedDoubleBarrier(two, "/double", 2);
                rival.enter();
                rival.leave();
            } catch (Exception error) {
                throw new IllegalStateException(error);
            }
        });
        peer.start();
        DistributedDoubleBarrier mine = new DistributedDoubleBarrier(one, "/double", 2);
        Say.line("entered", mine.enter(PATIENCE_S, TimeUnit.SECONDS));
        Say.line("left", mine.leave(PATIENCE_S, TimeUnit.SECONDS));
        peer.join();
    }

    private void counters() throws Exception {
        DistributedAtomicLong total = new DistributedAtomicLong(one, "/total", new RetryNTimes(10, 10));
        total.add(40L);
        Say.line("atomic", new DistributedAtomicLong(two, "/total", new RetryNTimes(10, 10)).add(2L).postValue());
        SharedCount count = new SharedCount(one, "/count", 7);
        count.start();
        count.setCount(8);
        SharedCount seen = new SharedCount(two, "/count", 0);
        seen.start();
        Say.line("shared", seen.getCount());
        count.close();
        seen.close();
        SimpleDistributedQueue queue = new SimpleDistributedQueue(one, "/queue");
        queue.offer("a".getBytes());
        queue.offer("b".getBytes());
        Say.line("queue", queue.take(), queue.poll(PATIENCE_S, TimeUnit.SECONDS), queue.poll());
    }

    @SuppressWarnings("deprecation")
    private void caches() throws Exception {
        one.create().forPath("/cached", "0".getBytes());
        BlockingQueue<String> changes = new LinkedBlockingQueue<>();
        NodeCache node = new NodeCache(two, "/cached");
        node.start(true);
        node.getListenable().addListener(() -> changes.add(Say.show(
            node.getCurrentData() == null ? null : node.getCurrentData().getData())));
        one.setData().forPath("/cached", "1".getBytes());
        Say.line("node cache", changes.poll(PATIENCE_S, TimeUnit.SECONDS));
        node.close();
        CountDownLatch ready = new CountDownLatch(1);
        BlockingQueue<String> events = new LinkedBlockingQueue<>();
        CuratorCache cache = CuratorCache.build(two, "/cached");
        cache.listenable().addListener((type, before, after) -> {
            if (ready.getCount() == 0) {
                events.add(type + " " + (after == null ? before : after).getPath());
            }
        });
        cache.listenable().addListener(org.apache.curator.framework.recipes.cache.CuratorCacheListener.builder()
            .forInitialized(ready::countDown).build());
        cache.start();
        must(ready.await(PATIENCE_S, TimeUnit.SECONDS), "cache ready");
        // One after the other: the cache reads what an event names, so it may see two quick changes as one.
        one.create().forPath("/cached/a", "a".getBytes());
        Say.line("cache", events.poll(PATIENCE_S, TimeUnit.SECONDS));
        one.setData().forPath("/cached/a", "b".getBytes());
        Say.line("cache", events.poll(PATIENCE_S, TimeUnit.SECONDS));
        one.delete().forPath("/cached/a");
        Say.line("cache", events.poll(PATIENCE_S, TimeUnit.SECONDS));
        cache.close();
        TreeCache tree = new TreeCache(two, "/cached");
        CountDownLatch filled = new CountDownLatch(1);
        tree.getListenable().addListener((client, event) -> {
            if (event.getType().name().equals("INITIALIZED")) {
                filled.countDown();
            }
        });
        tree.start();
        must(filled.await(PATIENCE_S, TimeUnit.SECONDS), "tree cache filled");
        Say.line("tree cache", tree.getCurrentData("/cached").getData());
        tree.close();
    }

    private void restart() throws Exception {
        PersistentNode node = new PersistentNode(one, CreateMode.EPHEMERAL, false, "/alive", "yes".getBytes());
        node.start();
        must(node.waitForInitialCreate(PATIENCE_S, TimeUnit.SECONDS), "persistent node");
        InterProcessMutex lock = new InterProcessMutex(one, "/kept-lock");
        lock.acquire();
        Say.line("@restart");
        new BufferedReader(new InputStreamReader(System.in)).readLine();
        Say.line("after restart", two.getData().forPath("/alive"), lock.isAcquiredInThisProcess());
        InterProcessMutex rival = new InterProcessMutex(two, "/kept-lock");
        Say.line("still locked", rival.acquire(100, TimeUnit.MILLISECONDS));
        lock.release();
        Say.line("then free", rival.acquire(PATIENCE_S, TimeUnit.SECONDS));
        rival.release();
        node.close();
    }
}
