package io.millrace.broker.log.clean;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Random;

/** One pass of the cleaner, with as much memory for keys and for batches as chance gives it. */
final class SimulatedCleaning {

    private static final Pace UNHURRIED = new Pace() {
        @Override
        public void read(long bytes) {
        }

        @Override
        public void written(long bytes) {
        }
    };

    private SimulatedCleaning() {}

    static CleaningReport run(MemoryLog log, DirtyRange range, long now, Random random) {
        int slots = random.nextInt(3) == 0 ? 2 + random.nextInt(5) : 1_000;
        SegmentBatches batches = new SegmentBatches(random.nextBoolean() ? 0 : 4_096);
        try (OffsetMap map = new OffsetMap(range.until() - range.firstDirty(), slots * 24L, 0.9)) {
            return new Cleaning(log, range, now, map, batches, UNHURRIED).run();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
    }
}
