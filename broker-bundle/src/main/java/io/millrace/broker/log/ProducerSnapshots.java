package io.millrace.broker.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.TreeSet;
import java.util.function.LongPredicate;

/**
 * The {@code .snapshot} files of a log: its producers as they were at an offset, so that only what follows must be read again. As with Kafka,
 * every segment has one of its beginning, and the newest one may be anywhere. Not thread-safe.
 */
final class ProducerSnapshots {

    private PartitionFolder folder;
    private final TreeSet<Long> offsets = new TreeSet<>();

    ProducerSnapshots(PartitionFolder folder) {
        this.folder = folder;
    }

    /**
     * @param existing offsets of the files; those beyond the end are of a past that was lost, and are removed durably: what is appended at these
     *                 offsets from now on is something else, and they would answer batches that are lost as if they were there
     */
    void found(List<Long> existing, long endOffset) throws IOException {
        boolean removed = false;
        for (long offset : existing) {
            if (offset <= endOffset) {
                offsets.add(offset);
            } else {
                removed |= Files.deleteIfExists(folder.snapshot(offset));
            }
        }
        if (removed) {
            DurableFile.syncFolder(folder.path());
        }
    }

    /** Goes on in another folder, which has what this one has. */
    void moveTo(PartitionFolder copy) {
        folder = copy;
    }

    /** Durable on return. @param keep whether a segment begins at the offset */
    void write(long offset, ByteBuffer producers, LongPredicate keep) throws IOException {
        DurableFile.replace(folder.snapshot(offset), producers);
        offsets.add(offset);
        for (long earlier : List.copyOf(offsets.headSet(offset))) {
            if (!keep.test(earlier)) {
                offsets.remove(earlier);
                Files.deleteIfExists(folder.snapshot(earlier));
            }
        }
    }

    /** Loads the newest whole snapshot at or before the offset. @return its offset, or {@code otherwise} if there is none */
    long restore(ProducerStates producers, long atMost, long otherwise) throws IOException {
        for (long offset : offsets.headSet(atMost, true).descendingSet()) {
            try {
                if (producers.restore(ByteBuffer.wrap(Files.readAllBytes(folder.snapshot(offset))))) {
                    return offset;
                }
            } catch (NoSuchFileException _) {
                // Went with its segment.
            }
        }
        return otherwise;
    }
}
