import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException.Code;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.Watcher.WatcherType;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooKeeper;

/** The asynchronous calls of Apache's Java client, all in flight at once: answers must come in order. */
public final class AsyncTour {
    private final List<String> answers = Collections.synchronizedList(new ArrayList<>());
    private CountDownLatch left;

    public static void main(String[] args) throws Exception {
        Events events = new Events();
        ZooKeeper zk = new ZooKeeper(args[0], 20_000, events);
        events.awaitState(KeeperState.SyncConnected);
        new AsyncTour().everyCall(zk);
        new AsyncTour().manyWrites(zk);
        zk.close();
        Say.line("done");
        System.exit(0);
    }

    private void note(String call, int rc, String path, Object value) {
        answers.add(call + " " + Code.get(rc) + " " + path + " " + Say.show(value));
        left.countDown();
    }

    private void report() throws Exception {
        if (!left.await(30, TimeUnit.SECONDS)) {
            throw new IllegalStateException("answers missing after " + answers);
        }
        for (String answer : answers) {
            Say.line(answer);
        }
    }

    private void everyCall(ZooKeeper zk) throws Exception {
        left = new CountDownLatch(23);
        zk.create("/a", new byte[] {65}, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT,
            (rc, path, ctx, name) -> note("create", rc, path, name), null);
        zk.create("/a/2", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_SEQUENTIAL,
            (rc, path, ctx, name, stat) -> note("create2", rc, path, name + " " + Say.stat(stat)), null);
        zk.create("/a/ttl", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT_WITH_TTL,
            (rc, path, ctx, name, stat) -> note("createTTL", rc, path, name), null, 9999);
        zk.create("/a/c", null, Ids.OPEN_ACL_UNSAFE, CreateMode.CONTAINER,
            (rc, path, ctx, name, stat) -> note("createContainer", rc, path, name), null);
        zk.create("/a", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT,
            (rc, path, ctx, name) -> note("create", rc, path, name), null);
        zk.exists("/a", false, (rc, path, ctx, stat) -> note("exists", rc, path, stat), null);
        zk.exists("/none", false, (rc, path, ctx, stat) -> note("exists", rc, path, stat), null);
        zk.getData("/a", false, (rc, path, ctx, data, stat) -> note("getData", rc, path, data), null);
        zk.setData("/a", new byte[] {66}, 0, (rc, path, ctx, stat) -> note("setData", rc, path, stat), null);
        zk.setData("/a", new byte[] {66}, 0, (rc, path, ctx, stat) -> note("setData", rc, path, stat), null);
        zk.getData("/a", false, (rc, path, ctx, data, stat) -> note("getData", rc, path, data), null);
        zk.getChildren("/a", false, (rc, path, ctx, names) -> note("getChildren", rc, path, Say.sorted(names)),
            null);
        zk.getChildren("/a", false,
            (rc, path, ctx, names, stat) -> note("getChildren2", rc, path, Say.stat(stat)), null);
        zk.getACL("/a", null, (rc, path, ctx, acl, stat) -> note("getACL", rc, path, Say.acls(acl)), null);
        zk.setACL("/a", Ids.OPEN_ACL_UNSAFE, 0, (rc, path, ctx, stat) -> note("setACL", rc, path, stat), null);
        zk.sync("/a", (rc, path, ctx) -> note("sync", rc, path, ""), null);
        zk.getAllChildrenNumber("/a", (rc, path, ctx, number) -> note("getAllChildrenNumber", rc, path, number),
            null);
        zk.getEphemerals("/", (rc, ctx, paths) -> note("getEphemerals", rc, "/", paths), null);
        zk.addWatch("/a/c", event -> { }, AddWatchMode.PERSISTENT,
            (rc, path, ctx) -> note("addWatch", rc, path, ""), null);
        zk.removeAllWatches("/a/none", WatcherType.Any, false,
            (rc, path, ctx) -> note("removeAllWatches", rc, path, ""), null);
        zk.multi(Arrays.asList(Op.delete("/a/c", -1), Op.check("/a", 1)),
            (rc, path, ctx, results) -> note("multi", rc, path, results.size()), null);
        zk.delete("/a", -1, (rc, path, ctx) -> note("delete", rc, path, ""), null);
        zk.delete("/a/ttl", 0, (rc, path, ctx) -> note("delete", rc, path, ""), null);
        report();
    }

    /** A thousand writes and reads of one client in flight: every read sees the write before it. */
    private void manyWrites(ZooKeeper zk) throws Exception {
        int count = 500;
        left = new CountDownLatch(2 * count);
        for (int i = 0; i < count; i++) {
            byte[] value = String.valueOf(i).getBytes();
            zk.setData("/a", value, -1, (rc, path, ctx, stat) -> left.countDown(), null);
            zk.getData("/a", false, (rc, path, ctx, data, stat) -> {
                if (!Arrays.equals(data, value)) {
                    answers.add("a read saw " + new String(data) + " instead of " + new String(value));
                }
                left.countDown();
            }, null);
        }
        report();
        Say.line("version", zk.exists("/a", false).getVersion());
    }
}
