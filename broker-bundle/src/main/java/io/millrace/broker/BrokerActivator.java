package io.millrace.broker;

import io.millrace.api.broker.Broker;
import io.millrace.api.config.NodeConfig;
import io.millrace.api.health.HealthCheck;
import io.millrace.api.log.LocalLogs;
import io.millrace.api.metrics.MeterSource;
import io.millrace.api.plugin.PluginScope;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;

/** Starts the broker with its bundle. A broker that cannot start is a bundle that does not. */
public final class BrokerActivator implements BundleActivator {

    private BrokerServer server;
    private ServiceRegistration<LocalLogs> localLogs;
    private ServiceRegistration<Broker> broker;
    private ServiceRegistration<MeterSource> meters;
    private ServiceRegistration<HealthCheck> health;

    @Override
    public void start(BundleContext context) {
        // Threads inherit it, and Kafka's classes look others up by name there.
        try (var _ = PluginScope.of(BrokerActivator.class.getClassLoader())) {
            server = BrokerServer.start(BrokerConfig.of(NodeConfig.of(context)));
        }
        localLogs = context.registerService(LocalLogs.class, server.localLogs(), null);
        broker = context.registerService(Broker.class, server, null);
        meters = context.registerService(MeterSource.class, server.meters(), null);
        health = context.registerService(HealthCheck.class, server.health(), null);
    }

    @Override
    public void stop(BundleContext context) {
        health.unregister();
        meters.unregister();
        broker.unregister();
        localLogs.unregister();
        server.close();
    }
}
