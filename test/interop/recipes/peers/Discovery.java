import java.util.Collection;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;
import org.apache.curator.x.discovery.ServiceDiscovery;
import org.apache.curator.x.discovery.ServiceDiscoveryBuilder;
import org.apache.curator.x.discovery.ServiceInstance;
import org.apache.curator.x.discovery.ServiceProvider;
import org.apache.curator.x.discovery.ServiceType;
import org.apache.curator.x.discovery.UriSpec;

/** Curator's side of a shared service discovery: Discovery ADDRESS. Ends with `done`, or with a stack trace. */
public final class Discovery {
    private static final String BASE = "/shared";

    public static void main(String[] args) {
        CuratorFramework zk = CuratorFrameworkFactory.builder().connectString(args[0]).sessionTimeoutMs(10_000)
            .retryPolicy(new RetryNTimes(200, 50)).build();
        zk.start();
        try {
            run(zk);
            zk.close();
            System.out.println("done");
            System.exit(0);
        } catch (Throwable error) {
            error.printStackTrace();
            System.exit(1);
        }
    }

    private static void must(boolean isTrue, Object what) {
        if (!isTrue) {
            throw new IllegalStateException(String.valueOf(what));
        }
    }

    private static void run(CuratorFramework zk) throws Exception {
        ServiceInstance<String> own = ServiceInstance.<String>builder().name("java").id("j1").address("10.0.0.1").port(1234)
            .sslPort(5678).payload("P").registrationTimeUTC(7).uriSpec(new UriSpec("{scheme}://{address}:{port}")).build();
        ServiceDiscovery<String> discovery = ServiceDiscoveryBuilder.builder(String.class).client(zk)
            .basePath(BASE + "/services").thisInstance(own).build();
        discovery.start();
        ServiceProvider<String> provider = discovery.serviceProviderBuilder().serviceName("node").build();
        provider.start();
        zk.create().forPath(BASE + "/hello");
        Collection<ServiceInstance<String>> found = discovery.queryForInstances("node");
        while (found.isEmpty()) {
            Thread.sleep(5);
            found = discovery.queryForInstances("node");
        }
        ServiceInstance<String> node = found.iterator().next();
        must(node.getName().equals("node") && node.getId().equals("n1") && node.getAddress().equals("h"), node);
        must(node.getPort() == 80 && node.getSslPort() == null && node.getPayload().equals("N"), node);
        must(node.getServiceType() == ServiceType.DYNAMIC && node.isEnabled(), node);
        must(node.buildUriSpec().equals("http://h:80"), node.buildUriSpec());
        while (provider.getInstance() == null) {
            Thread.sleep(5);
        }
        zk.create().forPath(BASE + "/seen");
        // The other side changes its port; the provider, which caches, hears of it.
        while (provider.getInstance() == null || provider.getInstance().getPort() != 81) {
            Thread.sleep(5);
        }
        zk.create().forPath(BASE + "/seen-update");
        while (!discovery.queryForInstances("node").isEmpty()) {
            Thread.sleep(5);
        }
        provider.close();
        discovery.close();
    }
}
