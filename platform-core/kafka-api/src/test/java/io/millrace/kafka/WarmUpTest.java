package io.millrace.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.net.URL;
import java.net.URLClassLoader;
import java.util.stream.Stream;
import net.jpountz.lz4.LZ4Factory;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.junit.jupiter.api.Test;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;
import org.slf4j.LoggerFactory;

class WarmUpTest {

    private static URL locationOf(Class<?> type) {
        return type.getProtectionDomain().getCodeSource().getLocation();
    }

    /** As a bundle's: nothing of it is on the class path of the process. */
    private static URLClassLoader bundle() {
        URL[] content = Stream.of(WarmUp.class, LZ4Factory.class, ProducerConfig.class, LoggerFactory.class).map(WarmUpTest::locationOf).toArray(URL[]::new);
        return new URLClassLoader(content, null) {
            @Override
            protected Class<?> findClass(String name) throws ClassNotFoundException {
                return name.startsWith("org.osgi.") ? WarmUpTest.class.getClassLoader().loadClass(name) : super.findClass(name);
            }
        };
    }

    @Test
    void clientsOfTheBundleUseTheNativeLibraryOfLz4() throws Exception {
        assumeThat(LZ4Factory.fastestInstance()).as("there is a native library for this machine").hasToString("LZ4Factory:JNI");
        try (URLClassLoader bundle = bundle()) {
            BundleActivator warmUp = (BundleActivator) bundle.loadClass(WarmUp.class.getName()).getConstructor().newInstance();
            warmUp.start((BundleContext) null);
            assertThat(bundle.loadClass(LZ4Factory.class.getName()).getMethod("fastestInstance").invoke(null)).hasToString("LZ4Factory:JNI");
        }
    }
}
