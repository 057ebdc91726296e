package io.millrace.broker.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How much room a folder's disk has. When it gets scarce, clients' records are refused in time, so that what the broker itself must write in
 * order to go on and to be helped still fits: committed offsets, the deletion of a topic, checkpoints. Thread-safe.
 */
final class DiskSpace {

    private static final Logger LOG = LoggerFactory.getLogger(DiskSpace.class);
    /** No reserve takes more than this part of a disk. */
    private static final int LARGEST_PART = 20;
    private static final long MEBIBYTE = 1024 * 1024;

    private final Path folder;
    private final long reserve;
    private volatile KafkaStorageException scarcity;

    DiskSpace(Path folder, long reserve) {
        this.folder = folder;
        this.reserve = reserve;
    }

    /** Looks how much there is now. @return whether there was too little before and is enough now */
    boolean look() {
        long total = folder.toFile().getTotalSpace();
        // A disk that does not tell is not called full.
        return total > 0 && looked(folder.toFile().getUsableSpace(), total);
    }

    boolean looked(long usable, long total) {
        long kept = Math.min(reserve, total / LARGEST_PART);
        boolean before = scarcity != null;
        if (usable < kept) {
            if (!before) {
                LOG.error("the disk of {} is full: {} of {} MiB are free, {} are kept for the broker itself; records are refused until there is space,"
                        + " reading goes on", folder, usable / MEBIBYTE, total / MEBIBYTE, kept / MEBIBYTE);
            }
            scarcity = new KafkaStorageException("the disk of " + folder + " is full: " + usable / MEBIBYTE + " MiB are free, " + kept / MEBIBYTE
                    + " are kept for the broker itself (disk.reserve.bytes); records are accepted again as soon as there is space");
        } else if (before) {
            LOG.info("the disk of {} has space again: {} of {} MiB are free; records are accepted", folder, usable / MEBIBYTE, total / MEBIBYTE);
            scarcity = null;
        }
        return before && scarcity == null;
    }

    /** Whether the disk or the process has had too much of something, which passes; all other errors are of a disk that fails. */
    static boolean isShortage(IOException refused) {
        String why = String.valueOf(refused.getMessage());
        return why.contains("No space left") || why.contains("uota exceeded") || why.contains("Too many open files");
    }

    boolean isScarce() {
        return scarcity != null;
    }

    /** Why clients' records are refused, if they are. */
    Optional<String> scarcity() {
        return Optional.ofNullable(scarcity).map(Throwable::getMessage);
    }

    /** @throws KafkaStorageException if clients' records do not fit */
    void check() {
        KafkaStorageException full = scarcity;
        if (full != null) {
            throw new KafkaStorageException(full.getMessage());
        }
    }
}
