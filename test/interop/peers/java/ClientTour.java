import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Op;
import org.apache.zookeeper.OpResult;
import org.apache.zookeeper.Watcher.Event.KeeperState;
import org.apache.zookeeper.Watcher.WatcherType;
import org.apache.zookeeper.ZooDefs.Ids;
import org.apache.zookeeper.ZooDefs.Perms;
import org.apache.zookeeper.ZooKeeper;
import org.apache.zookeeper.admin.ZooKeeperAdmin;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Id;
import org.apache.zookeeper.data.Stat;

/** Every call of Apache's Java client, synchronous; see AsyncTour for the other half. */
public final class ClientTour {
    private final String address;
    private final ZooKeeper zk;
    private final ZooKeeper other;
    private final Events events = new Events();

    private ClientTour(String address) throws Exception {
        this.address = address;
        zk = new ZooKeeper(address, 20_000, events);
        events.awaitState(KeeperState.SyncConnected);
        Events ignored = new Events();
        other = new ZooKeeper(address + "/tour", 20_000, ignored);
        ignored.awaitState(KeeperState.SyncConnected);
    }

    public static void main(String[] args) throws Exception {
        ClientTour tour = new ClientTour(args[0]);
        tour.creates();
        tour.readsAndWrites();
        tour.watches();
        tour.multis();
        tour.acls();
        tour.configuration();
        tour.sessions();
        Say.line("done");
        System.exit(0);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }

    private void creates() throws Exception {
        List<ACL> open = Ids.OPEN_ACL_UNSAFE;
        Say.of("root", () -> zk.create("/tour", bytes("tour"), open, CreateMode.PERSISTENT));
        for (CreateMode mode : CreateMode.values()) {
            Stat stat = new Stat();
            String path = "/tour/" + mode.name().toLowerCase() + "-";
            long ttl = mode.isTTL() ? 60_000 : -1;
            Say.of("create " + mode, () -> zk.create(path, bytes("x"), open, mode, stat, ttl) + " " + Say.stat(stat));
        }
        Say.of("null data", () -> zk.create("/tour/null", null, open, CreateMode.PERSISTENT));
        Say.of("read null", () -> zk.getData("/tour/null", false, new Stat()));
        Say.of("again", () -> zk.create("/tour", null, open, CreateMode.PERSISTENT));
        Say.of("no parent", () -> zk.create("/none/x", null, open, CreateMode.PERSISTENT));
        Say.of("below ephemeral", () -> zk.create("/tour/ephemeral-/x", null, open, CreateMode.PERSISTENT));
        Say.of("bad path", () -> zk.create("/tour//x", null, open, CreateMode.PERSISTENT));
        Say.of("no acl", () -> zk.create("/tour/x", null, Collections.emptyList(), CreateMode.PERSISTENT));
        Say.of("chroot", () -> other.create("/inside", null, open, CreateMode.PERSISTENT));
        Say.of("chroot sees", () -> zk.exists("/tour/inside", false));
    }

    private void readsAndWrites() throws Exception {
        Stat stat = new Stat();
        Say.of("getData", () -> zk.getData("/tour", false, stat));
        Say.line("its stat", stat);
        Say.of("setData", () -> zk.setData("/tour", bytes("one"), 0));
        Say.of("setData wrong version", () -> zk.setData("/tour", bytes("two"), 0));
        Say.of("setData missing", () -> zk.setData("/none", bytes("two"), -1));
        Say.of("exists missing", () -> zk.exists("/none", false));
        Say.of("getChildren", () -> Say.sorted(zk.getChildren("/tour", false)));
        Say.of("getChildren2", () -> zk.getChildren("/tour", false, stat).size() + " " + Say.stat(stat));
        Say.of("getAllChildrenNumber", () -> zk.getAllChildrenNumber("/tour"));
        Say.of("getEphemerals", () -> Say.sorted(zk.getEphemerals()));
        Say.of("getEphemerals prefix", () -> zk.getEphemerals("/tour/ephemeral-"));
        Say.of("delete not empty", () -> {
            zk.delete("/tour", -1);
            return "deleted";
        });
        Say.of("delete wrong version", () -> {
            zk.delete("/tour/null", 4);
            return "deleted";
        });
        Say.of("delete", () -> {
            zk.delete("/tour/null", 0);
            return "deleted";
        });
    }

    private void watches() throws Exception {
        List<ACL> open = Ids.OPEN_ACL_UNSAFE;
        zk.exists("/tour/w", true);
        other.create("/w", null, open, CreateMode.PERSISTENT);
        Say.line("exists watch", events.take(1));
        zk.getData("/tour/w", true, null);
        zk.getChildren("/tour/w", true);
        other.setData("/w", bytes("1"), -1);
        other.create("/w/c", null, open, CreateMode.PERSISTENT);
        Say.line("data and child watch", events.take(2));
        zk.getData("/tour/w/c", true, null);
        other.delete("/w/c", -1);
        Say.line("deleted", events.take(1));
        Events recursive = new Events();
        zk.addWatch("/tour/w", recursive, AddWatchMode.PERSISTENT_RECURSIVE);
        Events persistent = new Events();
        zk.addWatch("/tour/w", persistent, AddWatchMode.PERSISTENT);
        other.create("/w/d", null, open, CreateMode.PERSISTENT);
        other.setData("/w", bytes("2"), -1);
        Say.line("persistent", persistent.take(2));
        zk.removeWatches("/tour/w", persistent, WatcherType.Any, false);
        Say.line("removed", persistent.take(1));
        Say.of("remove again", () -> {
            zk.removeWatches("/tour/w", persistent, WatcherType.Any, false);
            return "removed";
        });
        zk.removeAllWatches("/tour/w", WatcherType.Any, false);
        Say.of("remove all again", () -> {
            zk.removeAllWatches("/tour/w", WatcherType.Any, false);
            return "removed";
        });
        Events deep = new Events();
        zk.addWatch("/tour/deep", deep, AddWatchMode.PERSISTENT_RECURSIVE);
        other.create("/deep", null, open, CreateMode.PERSISTENT);
        other.create("/deep/a", null, open, CreateMode.PERSISTENT);
        other.setData("/deep/a", bytes("x"), -1);
        other.delete("/deep/a", -1);
        Say.line("recursive", deep.take(4));
        zk.removeWatches("/tour/deep", deep, WatcherType.Any, true);
    }

    private void multis() throws Exception {
        List<ACL> open = Ids.OPEN_ACL_UNSAFE;
        List<OpResult> results = zk.multi(Arrays.asList(
            Op.create("/tour/m", bytes("1"), open, CreateMode.PERSISTENT),
            Op.setData("/tour/m", bytes("2"), 0),
            Op.check("/tour/m", 1),
            Op.create("/tour/m/s-", null, open, CreateMode.PERSISTENT_SEQUENTIAL),
            Op.create("/tour/m/c", null, open, CreateMode.CONTAINER),
            Op.create("/tour/m/t", null, open, CreateMode.PERSISTENT_WITH_TTL, 60_000),
            Op.delete("/tour/m/c", -1)));
        for (OpResult result : results) {
            Say.line("multi", show(result));
        }
        try {
            zk.multi(Arrays.asList(
                Op.create("/tour/m/x", null, open, CreateMode.PERSISTENT),
                Op.check("/tour/m", 77),
                Op.delete("/tour/m", -1)));
        } catch (KeeperException error) {
            Say.line("multi fails", error.code(), error.getPath());
            for (OpResult result : error.getResults()) {
                Say.line("  part", ((OpResult.ErrorResult) result).getErr());
            }
        }
        Say.of("rolled back", () -> zk.exists("/tour/m/x", false));
        Say.line("transaction", zk.transaction().check("/tour/m", 1).setData("/tour/m", bytes("3"), 1).commit().size());
        for (OpResult result : zk.multi(Arrays.asList(
            Op.getData("/tour/m"), Op.getChildren("/tour/m"), Op.getData("/none")))) {
            Say.line("multiRead", show(result));
        }
    }

    private static String show(OpResult result) {
        if (result instanceof OpResult.CreateResult) {
            return "create " + ((OpResult.CreateResult) result).getPath();
        }
        if (result instanceof OpResult.SetDataResult) {
            return "setData " + Say.stat(((OpResult.SetDataResult) result).getStat());
        }
        if (result instanceof OpResult.GetDataResult) {
            return "getData " + Say.show(((OpResult.GetDataResult) result).getData());
        }
        if (result instanceof OpResult.GetChildrenResult) {
            return "getChildren " + Say.sorted(((OpResult.GetChildrenResult) result).getChildren());
        }
        if (result instanceof OpResult.ErrorResult) {
            return "error " + ((OpResult.ErrorResult) result).getErr();
        }
        return result.getClass().getSimpleName();
    }

    private void acls() throws Exception {
        zk.addAuthInfo("digest", bytes("ann:pw"));
        Say.of("creator only", () -> zk.create("/tour/mine", bytes("s"), Ids.CREATOR_ALL_ACL, CreateMode.PERSISTENT));
        Stat stat = new Stat();
        Say.of("getACL", () -> Say.acls(zk.getACL("/tour/mine", stat)) + " " + Say.stat(stat));
        Say.of("other reads", () -> other.getData("/mine", false, null));
        Say.of("other getACL", () -> other.getACL("/mine", null));
        List<ACL> readable = Arrays.asList(
            new ACL(Perms.ALL, Ids.AUTH_IDS), new ACL(Perms.READ, Ids.ANYONE_ID_UNSAFE));
        Say.of("setACL", () -> zk.setACL("/tour/mine", readable, 0));
        Say.of("setACL wrong version", () -> zk.setACL("/tour/mine", readable, 0));
        Say.of("other reads now", () -> other.getData("/mine", false, null));
        Say.of("masked", () -> Say.acls(other.getACL("/mine", null)));
        Say.of("invalid", () -> zk.setACL("/tour/mine", Arrays.asList(new ACL(31, new Id("nope", "x"))), -1));
        Say.line("whoAmI", zk.whoAmI().size());
    }

    private void configuration() throws Exception {
        Stat stat = new Stat();
        Say.of("getConfig", () -> zk.getConfig(false, stat));
        Say.line("its stat", stat);
        try (ZooKeeperAdmin admin = new ZooKeeperAdmin(address, 20_000, event -> { })) {
            Say.of("reconfigure", () -> admin.reconfigure("server.1=localhost:1:2;3", null, null, -1, stat));
        }
    }

    private void sessions() throws Exception {
        long id = zk.getSessionId();
        byte[] password = zk.getSessionPasswd();
        Events second = new Events();
        ZooKeeper twin = new ZooKeeper(address, 20_000, second, id, password);
        second.awaitState(KeeperState.SyncConnected);
        Say.line("twin has the session", twin.getSessionId() == id, twin.exists("/tour/ephemeral-", false) != null);
        twin.close();
        events.awaitState(KeeperState.Expired);
        Say.line("the first is expired", zk.getState());
        Events third = new Events();
        ZooKeeper last = new ZooKeeper(address, 20_000, third);
        third.awaitState(KeeperState.SyncConnected);
        Say.line("ephemeral is gone", last.exists("/tour/ephemeral-", false));
        Say.line("negotiated", last.getSessionTimeout());
        last.create("/tour/kept", bytes("kept"), Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        last.create("/tour/kept-eph", null, Ids.OPEN_ACL_UNSAFE, CreateMode.EPHEMERAL);
        last.exists("/tour/after", true);
        third.forgetStates();
        Say.line("@restart");
        new BufferedReader(new InputStreamReader(System.in)).readLine();
        third.awaitState(KeeperState.SyncConnected);
        Say.of("after restart", () -> last.getData("/tour/kept", false, null));
        Say.of("ephemeral after restart", () -> last.exists("/tour/kept-eph", false));
        last.create("/tour/after", null, Ids.OPEN_ACL_UNSAFE, CreateMode.PERSISTENT);
        Say.line("watch set again by the client", third.take(1));
        last.close();
        other.close();
    }
}
