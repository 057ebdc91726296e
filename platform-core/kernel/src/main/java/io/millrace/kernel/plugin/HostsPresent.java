package io.millrace.kernel.plugin;

import io.millrace.api.plugin.PluginHost;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArraySet;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.util.tracker.ServiceTracker;
import org.osgi.util.tracker.ServiceTrackerCustomizer;

/** The hosts that are here, and what each plugin's hosts know. */
final class HostsPresent implements ServiceTrackerCustomizer<PluginHost, PluginHost>, AutoCloseable {

    private final BundleContext context;
    private final Runnable arrival;
    /** Not the tracker's own list, which a host enters only after it was announced. */
    private final Set<PluginHost> present = new CopyOnWriteArraySet<>();
    private final Set<BundlePlugin> told = new CopyOnWriteArraySet<>();
    private final ServiceTracker<PluginHost, PluginHost> tracker;

    /** @param arrival is to tell what runs to a host that has come; called on a thread of its own */
    HostsPresent(BundleContext context, Runnable arrival) {
        this.context = context;
        this.arrival = arrival;
        this.tracker = new ServiceTracker<>(context, PluginHost.class, this);
    }

    void open() {
        tracker.open();
    }

    /** Tells of the plugin to those hosts that have not heard of it. Called with the lock of its slot. */
    void tell(BundlePlugin plugin) {
        told.add(plugin);
        for (PluginHost host : present) {
            if (plugin.told().add(host)) {
                Hosts.arrived(host, plugin);
            }
        }
    }

    /** Its hosts let go of it. Called with the lock of its slot. */
    void withdraw(BundlePlugin plugin) {
        plugin.told().forEach(host -> Hosts.withdraw(host, plugin));
        forget(plugin);
    }

    /** Nobody runs anything of it any more. */
    void forget(BundlePlugin plugin) {
        told.remove(plugin);
        plugin.told().clear();
    }

    @Override
    public PluginHost addingService(ServiceReference<PluginHost> reference) {
        PluginHost host = context.getService(reference);
        if (host != null) {
            present.add(host);
            // Not on the thread that registers the host: it may hold locks that the host's answer needs.
            OwnThread.start("plugin-host-" + host.name(), arrival);
        }
        return host;
    }

    @Override
    public void modifiedService(ServiceReference<PluginHost> reference, PluginHost host) {
        // Nothing of a host's registration matters here.
    }

    @Override
    public void removedService(ServiceReference<PluginHost> reference, PluginHost host) {
        present.remove(host);
        told.forEach(plugin -> plugin.told().remove(host));
        context.ungetService(reference);
    }

    @Override
    public void close() {
        tracker.close();
    }
}
