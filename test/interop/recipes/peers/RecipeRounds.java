import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.barriers.DistributedBarrier;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.LeaderSelector;
import org.apache.curator.framework.recipes.leader.LeaderSelectorListenerAdapter;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreV2;
import org.apache.curator.framework.recipes.locks.Lease;
import org.apache.curator.framework.recipes.nodes.GroupMember;
import org.apache.curator.framework.recipes.queue.DistributedPriorityQueue;
import org.apache.curator.framework.recipes.queue.DistributedQueue;
import org.apache.curator.framework.recipes.queue.QueueBuilder;
import org.apache.curator.framework.recipes.queue.QueueConsumer;
import org.apache.curator.framework.recipes.queue.QueueSerializer;
import org.apache.curator.framework.recipes.queue.SimpleDistributedQueue;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.curator.retry.RetryNTimes;
import org.apache.zookeeper.CreateMode;

/** Curator's side of shared recipes: RecipeRounds ADDRESS RECIPE ROUNDS. Ends with `done`, or with a stack trace. */
public final class RecipeRounds {
    private static final String BASE = "/shared";
    private final CuratorFramework zk;
    private final int rounds;

    private RecipeRounds(String address, int rounds) {
        this.rounds = rounds;
        zk = CuratorFrameworkFactory.builder().connectString(address).sessionTimeoutMs(10_000)
            .connectionTimeoutMs(10_000).retryPolicy(new RetryNTimes(200, 50)).build();
        zk.start();
    }

    public static void main(String[] args) throws Exception {
        RecipeRounds program = new RecipeRounds(args[0], Integer.parseInt(args[2]));
        try {
            program.run(args[1]);
            program.zk.close();
            System.out.println("done");
            System.exit(0);
        } catch (Throwable error) {
            error.printStackTrace();
            System.exit(1);
        }
    }

    private void run(String recipe) throws Exception {
        zk.create().forPath(BASE + "/hello");
        while (!exists("go")) {
            Thread.onSpinWait();
        }
        switch (recipe) {
            case "lock" -> lock();
            case "readWrite" -> readWrite();
            case "semaphore" -> semaphore();
            case "selector" -> selector();
            case "latch" -> latch();
            case "barrier" -> barrier();
            case "doubleBarrier" -> doubleBarrier();
            case "simpleQueue" -> simpleQueue();
            case "queue" -> queue(false);
            case "priorityQueue" -> queue(true);
            case "counter" -> counter();
            case "atomicLong" -> atomicLong();
            case "group" -> group();
            default -> throw new IllegalArgumentException(recipe);
        }
    }

    private static void must(boolean isTrue, String what) {
        if (!isTrue) {
            throw new IllegalStateException(what);
        }
    }

    private static byte[] bytes(Object value) {
        return String.valueOf(value).getBytes(StandardCharsets.UTF_8);
    }

    private boolean exists(String name) throws Exception {
        return zk.checkExists().forPath(BASE + "/" + name) != null;
    }

    /** Exclusive, or it fails: one at a time inside, and a tally without a version check. */
    private void section() throws Exception {
        zk.create().withMode(CreateMode.EPHEMERAL).forPath(BASE + "/inside");
        String tally = new String(zk.getData().forPath(BASE + "/count"), StandardCharsets.UTF_8);
        zk.setData().forPath(BASE + "/count", bytes(tally + "c"));
        zk.delete().forPath(BASE + "/inside");
    }

    private void lock() throws Exception {
        InterProcessMutex shared = new InterProcessMutex(zk, BASE + "/recipe");
        for (int i = 0; i < rounds; i++) {
            shared.acquire();
            try {
                section();
            } finally {
                shared.release();
            }
        }
    }

    private void readWrite() throws Exception {
        InterProcessReadWriteLock shared = new InterProcessReadWriteLock(zk, BASE + "/recipe");
        for (int i = 0; i < rounds; i++) {
            if (i % 2 == 0) {
                shared.writeLock().acquire();
                section();
                shared.writeLock().release();
            } else {
                shared.readLock().acquire();
                must(!exists("inside"), "a writer beside a reader");
                shared.readLock().release();
            }
        }
    }

    private void semaphore() throws Exception {
        InterProcessSemaphoreV2 shared = new InterProcessSemaphoreV2(zk, BASE + "/recipe", 2);
        for (int i = 0; i < rounds; i++) {
            Lease lease = shared.acquire();
            String own = zk.create().withMode(CreateMode.EPHEMERAL_SEQUENTIAL).forPath(BASE + "/holders/c-");
            must(zk.getChildren().forPath(BASE + "/holders").size() <= 2, "too many holders");
            zk.delete().forPath(own);
            shared.returnLease(lease);
        }
    }

    private void selector() throws Exception {
        CountDownLatch left = new CountDownLatch(rounds);
        LeaderSelector selector = new LeaderSelector(zk, BASE + "/recipe", new LeaderSelectorListenerAdapter() {
            @Override
            public void takeLeadership(CuratorFramework client) throws Exception {
                if (left.getCount() > 0) {
                    section();
                    left.countDown();
                }
            }

            @Override
            public void stateChanged(CuratorFramework client, ConnectionState state) {
                must(state != ConnectionState.LOST, "the connection was lost");
            }
        });
        selector.autoRequeue();
        selector.start();
        must(left.await(240, TimeUnit.SECONDS), "not all terms were served");
        selector.close();
    }

    private void latch() throws Exception {
        for (int i = 0; i < rounds; i++) {
            LeaderLatch latch = new LeaderLatch(zk, BASE + "/recipe", "curator");
            latch.start();
            latch.await();
            section();
            latch.close();
        }
    }

    private void barrier() throws Exception {
        for (int i = 0; i < rounds; i++) {
            DistributedBarrier shared = new DistributedBarrier(zk, BASE + "/recipe/" + i);
            if (i % 2 == 0) {
                shared.waitOnBarrier();
                must(exists("opened-" + i), "through a closed barrier");
            } else {
                zk.create().forPath(BASE + "/opened-" + i);
                shared.removeBarrier();
            }
        }
    }

    private void doubleBarrier() throws Exception {
        for (int i = 0; i < rounds; i++) {
            zk.create().forPath(BASE + "/entered-k-" + i);
            DistributedDoubleBarrier shared = new DistributedDoubleBarrier(zk, BASE + "/recipe/" + i, 2);
            must(shared.enter(60, TimeUnit.SECONDS), "did not enter");
            must(exists("entered-n-" + i), "entered alone");
            awaitEvents();
            zk.create().forPath(BASE + "/leaves-k-" + i);
            must(shared.leave(60, TimeUnit.SECONDS), "did not leave");
            must(exists("leaves-n-" + i), "left alone");
        }
    }

    /**
     * Returns when the event thread is through with all that was told before. Curator's double barrier takes a late event of enter
     * (ready was created, by itself) for one of leave, finds its own znode gone by then, and leaves alone.
     */
    private void awaitEvents() throws Exception {
        CountDownLatch told = new CountDownLatch(1);
        zk.checkExists().inBackground((client, event) -> told.countDown()).forPath(BASE);
        must(told.await(60, TimeUnit.SECONDS), "no answer");
    }

    private void simpleQueue() throws Exception {
        SimpleDistributedQueue out = new SimpleDistributedQueue(zk, BASE + "/to-node");
        SimpleDistributedQueue back = new SimpleDistributedQueue(zk, BASE + "/to-peer");
        for (int i = 0; i < rounds; i++) {
            out.offer(bytes(i));
        }
        for (int i = 0; i < rounds; i++) {
            String item = new String(back.take(), StandardCharsets.UTF_8);
            must(item.equals(String.valueOf(i)), item + " for " + i);
        }
    }

    private void queue(boolean hasPriorities) throws Exception {
        LinkedBlockingQueue<String> received = new LinkedBlockingQueue<>();
        QueueSerializer<String> serializer = new QueueSerializer<>() {
            @Override
            public byte[] serialize(String item) {
                return bytes(item);
            }

            @Override
            public String deserialize(byte[] data) {
                return new String(data, StandardCharsets.UTF_8);
            }
        };
        QueueConsumer<String> consumer = new QueueConsumer<>() {
            @Override
            public void consumeMessage(String message) {
                received.add(message);
            }

            @Override
            public void stateChanged(CuratorFramework client, ConnectionState state) { }
        };
        if (hasPriorities) {
            DistributedPriorityQueue<String> out =
                QueueBuilder.builder(zk, null, serializer, BASE + "/to-node").buildPriorityQueue(0);
            out.start();
            for (int i = 0; i < rounds; i++) {
                // Negative ones first in the end.
                out.put(String.valueOf(i), rounds / 2 - i);
            }
            out.flushPuts(60, TimeUnit.SECONDS);
            zk.create().forPath(BASE + "/all-put");
            out.close();
            return;
        }
        DistributedQueue<String> out = QueueBuilder.builder(zk, null, serializer, BASE + "/to-node").buildQueue();
        out.start();
        for (int i = 0; i < rounds; i++) {
            out.put(String.valueOf(i));
        }
        DistributedQueue<String> back = QueueBuilder.builder(zk, consumer, serializer, BASE + "/to-peer").buildQueue();
        back.start();
        java.util.Set<String> all = new java.util.HashSet<>();
        for (int i = 0; i < rounds; i++) {
            String item = received.poll(60, TimeUnit.SECONDS);
            must(item != null && all.add(item), "item " + item + " in place " + i);
        }
        must(out.flushPuts(60, TimeUnit.SECONDS), "not all was put");
        out.close();
        back.close();
    }

    private void counter() throws Exception {
        SharedCount shared = new SharedCount(zk, BASE + "/recipe", 0);
        shared.start();
        for (int i = 0; i < rounds; i++) {
            while (!shared.trySetCount(shared.getVersionedValue(), shared.getVersionedValue().getValue() + 1)) {
                Thread.onSpinWait();
            }
        }
        shared.close();
    }

    private void atomicLong() throws Exception {
        DistributedAtomicLong shared = new DistributedAtomicLong(zk, BASE + "/recipe", new RetryNTimes(10_000, 1));
        for (int i = 0; i < rounds; i++) {
            must(shared.increment().succeeded(), "not incremented");
        }
    }

    private void group() throws Exception {
        GroupMember member = new GroupMember(zk, BASE + "/recipe", "curator", bytes("C"));
        member.start();
        while (!member.getCurrentMembers().keySet().equals(java.util.Set.of("curator", "node"))
            || !"N".equals(new String(member.getCurrentMembers().get("node"), StandardCharsets.UTF_8))) {
            Thread.sleep(5);
        }
        zk.create().forPath(BASE + "/seen");
        while (!exists("goodbye")) {
            Thread.sleep(5);
        }
        member.close();
    }
}
