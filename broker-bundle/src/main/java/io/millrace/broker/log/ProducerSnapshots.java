package io.millrace.broker.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.List;

/** The {@code .snapshot} files of a log: its producers as they were at an offset, so that only what follows must be read again. */
final class ProducerSnapshots {

    private static final int KEPT = 2;

    private final PartitionFolder folder;

    ProducerSnapshots(PartitionFolder folder) {
        this.folder = folder;
    }

    void write(long offset, ByteBuffer producers) throws IOException {
        DurableFile.replace(folder.snapshot(offset), producers);
        List<Long> all = folder.snapshots();
        for (int i = 0; i < all.size() - KEPT; i++) {
            Files.deleteIfExists(folder.snapshot(all.get(i)));
        }
    }

    /** Removes those of offsets that a cut took away: what is appended at these offsets from now on is something else. */
    void truncateTo(long end) throws IOException {
        for (long offset : folder.snapshots()) {
            if (offset > end) {
                Files.deleteIfExists(folder.snapshot(offset));
            }
        }
    }

    /** Loads the newest whole snapshot at or before the offset. @return its offset, or {@code otherwise} if there is none */
    long restore(ProducerStates producers, long atMost, long otherwise) throws IOException {
        List<Long> all = folder.snapshots();
        for (int i = all.size() - 1; i >= 0; i--) {
            long offset = all.get(i);
            if (offset <= atMost && producers.restore(ByteBuffer.wrap(Files.readAllBytes(folder.snapshot(offset))))) {
                return offset;
            }
        }
        return otherwise;
    }
}
