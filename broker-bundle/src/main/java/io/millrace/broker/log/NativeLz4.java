package io.millrace.broker.log;

import net.jpountz.lz4.LZ4Factory;
import org.apache.kafka.common.record.internal.CompressionType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has lz4 packed and unpacked by its native library, a third of the time that its Java code takes. By itself the library is used only by who is on
 * the class path of the process, which a bundle is not, or after somebody loaded it; and Kafka's codec decides once, when it is first used. So whoever
 * is about to unpack something comes here before. Where it cannot be loaded the Java code does it.
 */
final class NativeLz4 {

    private static final Logger LOG = LoggerFactory.getLogger(NativeLz4.class);

    static {
        try {
            LZ4Factory.nativeInstance();
        } catch (LinkageError | RuntimeException refused) {
            LOG.info("lz4 is unpacked without its native library: {}", refused.toString());
        }
    }

    private NativeLz4() {
    }

    /** Blocks for some milliseconds the first time. Thread-safe. */
    static void load() {
        // The class's initializer did.
    }

    /** Likewise, if it is needed for that codec. */
    static void loadFor(CompressionType codec) {
        if (codec == CompressionType.LZ4) {
            load();
        }
    }
}
