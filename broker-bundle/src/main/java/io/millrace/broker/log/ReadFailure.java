package io.millrace.broker.log;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Path;
import org.apache.kafka.common.errors.KafkaStorageException;

/**
 * Tells bytes that are damaged from those that the disk does not give, now or ever, or that there is no file to be had for: they may be whole, so
 * nobody may cut them off. Kafka's classes wrap the one and the other into the same exceptions.
 */
final class ReadFailure {

    private ReadFailure() {
    }

    /** @throws IOException naming the file, if it is not the bytes that are damaged */
    static void throwUnlessDamage(Path file, RuntimeException failure) throws IOException {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof KafkaStorageException || cause instanceof IOException && !(cause instanceof EOFException)) {
                throw new IOException(file + " cannot be read: " + cause.getMessage(), failure);
            }
        }
    }
}
