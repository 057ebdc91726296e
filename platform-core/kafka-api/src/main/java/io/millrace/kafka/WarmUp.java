package io.millrace.kafka;

import net.jpountz.lz4.LZ4Factory;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.slf4j.LoggerFactory;

/**
 * Initialises Kafka's configuration classes with this bundle's class loader in view. They look classes up by name through the thread's context
 * class loader; if their first user has another one there, they fail, and stay broken for every user of this shared bundle.
 *
 * <p>Loads lz4's native library, which takes a third of the time that its Java code does. The library is used by itself only on the class path of the
 * process, and Kafka's codec decides once, when a client first packs or unpacks.
 */
public final class WarmUp implements BundleActivator {

    private static final String[] FIRST_TOUCHED_HERE = {
        "org.apache.kafka.clients.producer.ProducerConfig",
        "org.apache.kafka.clients.consumer.ConsumerConfig",
        "org.apache.kafka.clients.admin.AdminClientConfig",
    };

    @Override
    public void start(BundleContext context) throws ClassNotFoundException {
        loadNativeLz4();
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

    private static void loadNativeLz4() {
        try {
            LZ4Factory.nativeInstance();
        } catch (LinkageError | RuntimeException refused) {
            LoggerFactory.getLogger(WarmUp.class).info("clients use lz4 without its native library: {}", refused.toString());
        }
    }

    @Override
    public void stop(BundleContext context) {
        // Nothing was started.
    }
}
