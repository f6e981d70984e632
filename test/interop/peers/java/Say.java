import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.data.ACL;
import org.apache.zookeeper.data.Stat;

/** Facts, one per line, without numbers of this run. */
final class Say {
    private Say() {}

    interface Call {
        Object run() throws Exception;
    }

    static synchronized void line(Object... words) {
        StringBuilder text = new StringBuilder();
        for (Object word : words) {
            text.append(text.length() == 0 ? "" : " ").append(show(word));
        }
        System.out.println(text);
        System.out.flush();
    }

    /** What the call returned, or the name of the error that it threw. */
    static void of(String what, Call call) throws Exception {
        try {
            line(what + ":", call.run());
        } catch (KeeperException error) {
            line(what + ":", error.code(), error.getPath());
        } catch (IllegalArgumentException error) {
            line(what + ":", "IllegalArgumentException");
        }
    }

    static String show(Object value) {
        if (value instanceof byte[]) {
            return "'" + new String((byte[]) value, java.nio.charset.StandardCharsets.UTF_8) + "'";
        }
        if (value instanceof Stat) {
            return stat((Stat) value);
        }
        return String.valueOf(value);
    }

    static String stat(Stat s) {
        return "{v" + s.getVersion() + " c" + s.getCversion() + " a" + s.getAversion() + " len" + s.getDataLength()
            + " kids" + s.getNumChildren() + " ephemeral=" + (s.getEphemeralOwner() != 0)
            + " touched=" + (s.getMzxid() != s.getCzxid()) + "}";
    }

    static List<String> sorted(List<String> names) {
        List<String> copy = new ArrayList<>(names);
        Collections.sort(copy);
        return copy;
    }

    static String acls(List<ACL> list) {
        StringBuilder text = new StringBuilder();
        for (ACL acl : list) {
            text.append(acl.getPerms()).append(':').append(acl.getId().getScheme()).append(':');
            text.append(acl.getId().getId()).append(' ');
        }
        return text.toString().trim();
    }
}
