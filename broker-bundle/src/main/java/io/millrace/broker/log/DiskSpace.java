package io.millrace.broker.log;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How much room a folder's disk has. When it gets scarce, clients' records are refused in time, so that what the broker itself must write in
 * order to go on and to be helped still fits: committed offsets, the deletion of a topic, checkpoints. Where nothing is kept for that, or the disk
 * fills up between two looks, it is known from what the disk itself refused; then whatever still fits is taken. Thread-safe.
 */
final class DiskSpace {

    private static final Logger LOG = LoggerFactory.getLogger(DiskSpace.class);
    /** No reserve takes more than this part of a disk. */
    private static final int LARGEST_PART = 20;
    private static final long MEBIBYTE = 1024 * 1024;

    private final Path folder;
    private final long reserve;
    private volatile KafkaStorageException scarcity;
    /** Null unless the last that was to be written did not fit. */
    private volatile Refusal refusal;

    /** @param usable bytes that were free then, and not enough or not to be had */
    private record Refusal(String reason, long bytes, long usable) {}

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
        boolean wasScarce = isScarce();
        Refusal refused = refusal;
        if (refused != null && usable - refused.usable >= refused.bytes) {
            fits(usable);
        }
        if (usable < kept) {
            if (scarcity == null) {
                LOG.error("the disk of {} is full: {} of {} MiB are free, {} are kept for the broker itself; records are refused until there is space,"
                        + " reading goes on", folder, usable / MEBIBYTE, total / MEBIBYTE, kept / MEBIBYTE);
            }
            scarcity = new KafkaStorageException("the disk of " + folder + " is full: " + usable / MEBIBYTE + " MiB are free, " + kept / MEBIBYTE
                    + " are kept for the broker itself (disk.reserve.bytes); records are accepted again as soon as there is space");
        } else if (scarcity != null) {
            LOG.info("the disk of {} has space again: {} of {} MiB are free; records are accepted", folder, usable / MEBIBYTE, total / MEBIBYTE);
            scarcity = null;
        }
        return wasScarce && !isScarce();
    }

    /** The disk did not take so many bytes. */
    void refused(IOException why, long bytes) {
        look();
        if (scarcity == null && isFull(why)) {
            refused(why, bytes, folder.toFile().getUsableSpace());
        }
    }

    private synchronized void refused(IOException why, long bytes, long usable) {
        Refusal before = refusal;
        if (before == null) {
            LOG.error("the disk of {} is full: {} bytes did not fit ({}); what does not fit is refused until there is space, reading goes on", folder, bytes,
                    why.getMessage());
        }
        refusal = new Refusal("the disk of " + folder + " is full: the last " + bytes + " bytes did not fit (" + why.getMessage()
                + "); records are accepted again as soon as there is space", before == null ? bytes : Math.min(bytes, before.bytes), usable);
    }

    /** The disk took so many bytes. Called per batch. */
    void took(int bytes) {
        Refusal refused = refusal;
        if (refused != null && bytes >= refused.bytes) {
            fits(folder.toFile().getUsableSpace());
        }
    }

    private synchronized void fits(long usable) {
        if (refusal != null) {
            LOG.info("the disk of {} has space again: {} MiB are free; records are accepted", folder, usable / MEBIBYTE);
            refusal = null;
        }
    }

    private static boolean isFull(IOException refused) {
        return Shortage.SPACE.isWhy(refused) || Shortage.QUOTA.isWhy(refused);
    }

    /** Whether the disk or the process has had too much of something, which passes; all other errors are of a disk that fails. */
    static boolean isShortage(IOException refused) {
        return isFull(refused) || Shortage.FILES.isWhy(refused) || Shortage.FILES_OF_ALL.isWhy(refused);
    }

    boolean isScarce() {
        return scarcity != null || refusal != null;
    }

    /** Why clients' records are refused, if they are. */
    Optional<String> scarcity() {
        KafkaStorageException kept = scarcity;
        return kept == null ? Optional.ofNullable(refusal).map(Refusal::reason) : Optional.of(kept.getMessage());
    }

    /** @throws KafkaStorageException if clients' records do not fit */
    void check() {
        KafkaStorageException full = scarcity;
        if (full != null) {
            throw new KafkaStorageException(full.getMessage());
        }
    }
}
