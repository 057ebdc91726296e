package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import net.jpountz.lz4.LZ4Factory;
import org.apache.kafka.common.record.internal.CompressionType;
import org.junit.jupiter.api.Test;

class NativeLz4Test {

    /** As a bundle's: the library and who uses it are not on the class path of the process. */
    private static URLClassLoader bundle() {
        URL[] content = {locationOf(NativeLz4.class), locationOf(LZ4Factory.class), locationOf(CompressionType.class)};
        return new URLClassLoader(content, null) {
            @Override
            protected Class<?> findClass(String name) throws ClassNotFoundException {
                return name.startsWith("org.slf4j.") ? NativeLz4Test.class.getClassLoader().loadClass(name) : super.findClass(name);
            }
        };
    }

    private static URL locationOf(Class<?> type) {
        return type.getProtectionDomain().getCodeSource().getLocation();
    }

    private static String fastest(ClassLoader bundle) throws ReflectiveOperationException {
        return bundle.loadClass(LZ4Factory.class.getName()).getMethod("fastestInstance").invoke(null).toString();
    }

    @Test
    void aBundleUnpacksWithTheNativeLibraryOnceSomethingPackedWithLz4Comes() throws Exception {
        assumeThat(LZ4Factory.fastestInstance()).as("there is a native library for this machine").hasToString("LZ4Factory:JNI");
        try (URLClassLoader bundle = bundle()) {
            Class<?> codecs = bundle.loadClass(CompressionType.class.getName());
            Method loadFor = bundle.loadClass(NativeLz4.class.getName()).getDeclaredMethod("loadFor", codecs);
            loadFor.setAccessible(true);
            loadFor.invoke(null, codecs.getField("LZ4").get(null));
            assertThat(fastest(bundle)).isEqualTo("LZ4Factory:JNI");
        }
    }

    @Test
    void withoutItTheLibraryWouldUseItsJavaCodeThere() throws Exception {
        try (URLClassLoader bundle = bundle()) {
            assertThat(fastest(bundle)).isNotEqualTo("LZ4Factory:JNI");
        }
    }
}
