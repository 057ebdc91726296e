package io.millrace.kafka;

import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/**
 * Initialises Kafka's configuration classes with this bundle's class loader in view. They look classes up by name through the thread's context
 * class loader; if their first user has another one there, they fail, and stay broken for every user of this shared bundle.
 */
public final class WarmUp implements BundleActivator {

    private static final String[] FIRST_TOUCHED_HERE = {
        "org.apache.kafka.clients.producer.ProducerConfig",
        "org.apache.kafka.clients.consumer.ConsumerConfig",
        "org.apache.kafka.clients.admin.AdminClientConfig",
    };

    @Override
    public void start(BundleContext context) throws ClassNotFoundException {
        Thread thread = Thread.currentThread();
        ClassLoader previous = thread.getContextClassLoader();
        ClassLoader own = WarmUp.class.getClassLoader();
        thread.setContextClassLoader(own);
        try {
            for (String name : FIRST_TOUCHED_HERE) {
                Class.forName(name, true, own);
            }
        } finally {
            thread.setContextClassLoader(previous);
        }
    }

    @Override
    public void stop(BundleContext context) {
        // Nothing was started.
    }
}
