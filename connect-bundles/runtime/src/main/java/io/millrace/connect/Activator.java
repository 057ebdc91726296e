package io.millrace.connect;

import io.millrace.api.broker.Broker;
import io.millrace.api.config.NodeConfig;
import java.util.concurrent.atomic.AtomicReference;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceReference;
import org.osgi.util.tracker.ServiceTracker;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs the connect runtime while there is a broker. */
public final class Activator implements BundleActivator {

    private static final Logger LOG = LoggerFactory.getLogger(Activator.class);

    private ServiceTracker<Broker, ConnectRuntime> brokers;

    @Override
    public void start(BundleContext context) {
        NodeConfig config = NodeConfig.of(context);
        AtomicReference<ConnectRuntime> only = new AtomicReference<>();
        brokers = new ServiceTracker<>(context, Broker.class, null) {
            @Override
            public ConnectRuntime addingService(ServiceReference<Broker> reference) {
                ConnectRuntime runtime = new ConnectRuntime(context, config, context.getService(reference));
                if (!only.compareAndSet(null, runtime)) {
                    LOG.warn("there is a second broker; connectors stay with the first");
                    context.ungetService(reference);
                    return null;
                }
                runtime.start();
                return runtime;
            }

            @Override
            public void removedService(ServiceReference<Broker> reference, ConnectRuntime runtime) {
                only.compareAndSet(runtime, null);
                runtime.close();
                context.ungetService(reference);
            }
        };
        brokers.open();
    }

    @Override
    public void stop(BundleContext context) {
        brokers.close();
    }
}
