package io.millrace.broker.log;

import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether a log takes and gives records, and why not: it ends with a failure, with its deletion, or when it is closed. Thread-safe. */
final class Availability {

    private static final Logger LOG = LoggerFactory.getLogger(Availability.class);

    private final TopicPartition partition;
    private final LogPlace place;
    private final DurableOffset durable;
    private final LogOffsets offsets;
    private volatile KafkaStorageException refusal;
    private volatile boolean failed;
    private volatile boolean deleted;

    /** Those who wait for the offsets to move are told that they will not. */
    Availability(TopicPartition partition, LogPlace place, DurableOffset durable, LogOffsets offsets) {
        this.partition = partition;
        this.place = place;
        this.durable = durable;
        this.offsets = offsets;
    }

    boolean isOnline() {
        return refusal == null;
    }

    /** @throws KafkaStorageException if it is not online, with the reason */
    void check() {
        if (refusal != null) {
            throw new KafkaStorageException(refusal.getMessage());
        }
    }

    /** Why it is not online, if it is not. */
    Optional<String> reason() {
        return Optional.ofNullable(refusal).map(Throwable::getMessage);
    }

    /** Whether something went wrong: what is on disk is unknown then. */
    boolean hasFailed() {
        return failed;
    }

    /** Whether nobody will look for its records any more. */
    boolean isDeleted() {
        return deleted;
    }

    /**
     * Refuses everything from now on. What is on disk is unknown, so nothing more is written there.
     *
     * @return what is to be told to whoever asks
     */
    KafkaStorageException fail(String what, Exception cause) {
        KafkaStorageException reason = new KafkaStorageException(place.folder().path() + " " + what + ", the log is offline until restart: "
                + cause.getMessage(), cause);
        LOG.error(reason.getMessage(), cause);
        fail(reason);
        place.dir().suspect(cause);
        return reason;
    }

    void fail(KafkaStorageException reason) {
        if (refusal == null) {
            failed = true;
            refusal = reason;
        }
        tell();
    }

    /** With {@code renaming} held; {@link #tell} follows. */
    void delete() {
        refusal = new KafkaStorageException(partition + " is deleted");
        deleted = true;
    }

    /** With {@code renaming} and {@code appending} held; {@link #tell} follows. */
    void close() {
        refusal = new KafkaStorageException(partition + " is closed");
    }

    /** Wakes whoever waits for the log. */
    void tell() {
        durable.signal();
        offsets.tell();
    }
}
