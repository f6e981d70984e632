import java.util.ArrayList;
import java.util.List;
import org.apache.zookeeper.WatchedEvent;
import org.apache.zookeeper.Watcher;

/** Collects events and waits for them; the connection's own events are kept apart. */
final class Events implements Watcher {
    private static final long PATIENCE_MS = 30_000;
    private final List<String> seen = new ArrayList<>();
    private final List<Event.KeeperState> states = new ArrayList<>();

    @Override
    public synchronized void process(WatchedEvent event) {
        if (event.getType() == Event.EventType.None) {
            states.add(event.getState());
        } else {
            seen.add(event.getType() + " " + event.getPath());
        }
        notifyAll();
    }

    /** The events so far, once there are at least {@code count}; then the list starts anew. */
    synchronized List<String> take(int count) throws InterruptedException {
        long deadline = System.currentTimeMillis() + PATIENCE_MS;
        while (seen.size() < count) {
            long left = deadline - System.currentTimeMillis();
            if (left <= 0) {
                throw new IllegalStateException("only " + seen + " of " + count + " events came");
            }
            wait(left);
        }
        List<String> taken = new ArrayList<>(seen);
        seen.clear();
        return taken;
    }

    synchronized void awaitState(Event.KeeperState wanted) throws InterruptedException {
        long deadline = System.currentTimeMillis() + PATIENCE_MS;
        while (!states.contains(wanted)) {
            long left = deadline - System.currentTimeMillis();
            if (left <= 0) {
                throw new IllegalStateException("no " + wanted + " among " + states);
            }
            wait(left);
        }
        states.remove(wanted);
    }

    synchronized void forgetStates() {
        states.clear();
    }
}
