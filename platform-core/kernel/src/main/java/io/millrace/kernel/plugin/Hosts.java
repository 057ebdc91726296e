package io.millrace.kernel.plugin;

import io.millrace.api.plugin.Plugin;
import io.millrace.api.plugin.PluginException;
import io.millrace.api.plugin.PluginHost;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls to plugin hosts, with what a host may get wrong kept from the plugin manager's steps. */
final class Hosts {

    private static final Logger LOG = LoggerFactory.getLogger(Hosts.class);

    private Hosts() {}

    static void arrived(PluginHost host, Plugin plugin) {
        try {
            host.arrived(plugin);
        } catch (RuntimeException | LinkageError e) {
            LOG.error("host {} failed on the arrival of {}", host.name(), plugin, e);
        }
    }

    static void withdraw(PluginHost host, Plugin plugin) {
        try {
            host.withdraw(plugin);
        } catch (RuntimeException | LinkageError e) {
            LOG.error("host {} failed to let go of {}", host.name(), plugin, e);
        }
    }

    static void validate(Collection<PluginHost> hosts, Plugin current, Plugin candidate) throws PluginException {
        for (PluginHost host : hosts) {
            try {
                host.validate(current, candidate);
            } catch (RuntimeException | LinkageError e) {
                throw unexpected(host, candidate, e);
            }
        }
    }

    /** All hosts or none: when one fails, those before it hand back. */
    static void handOver(Collection<PluginHost> hosts, Plugin current, Plugin candidate) throws PluginException {
        Deque<PluginHost> done = new ArrayDeque<>();
        for (PluginHost host : hosts) {
            try {
                host.handOver(current, candidate);
                done.push(host);
            } catch (PluginException e) {
                handBack(done, candidate, current);
                throw e;
            } catch (RuntimeException | LinkageError e) {
                handBack(done, candidate, current);
                throw unexpected(host, candidate, e);
            }
        }
    }

    static void handBack(Collection<PluginHost> hosts, Plugin candidate, Plugin current) {
        for (PluginHost host : hosts) {
            try {
                host.handOver(candidate, current);
            } catch (PluginException | RuntimeException | LinkageError e) {
                LOG.error("host {} failed to hand back from {} to {}", host.name(), candidate, current, e);
            }
        }
    }

    private static PluginException unexpected(PluginHost host, Plugin candidate, Throwable failure) {
        return new PluginException(candidate + ": host " + host.name() + " failed: " + BundleStage.reason(failure), failure);
    }
}
