package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.log.PartitionLog.EpochEnd;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The leader epoch file against a list that has the epoch of every single offset. */
class LeaderEpochsTest {

    @TempDir
    private Path folder;

    @Test
    void epochsEndWhereTheFirstRecordOfALaterOneIs() throws Exception {
        long seed = Long.getLong("seed", System.nanoTime());
        Random random = new Random(seed);
        for (int round = 0; round < 40; round++) {
            Path file = folder.resolve("epochs-" + round);
            LeaderEpochs epochs = new LeaderEpochs(file);
            List<Integer> epochOf = new ArrayList<>();
            int start = 0;
            int epoch = random.nextInt(3);
            for (int step = 0; step < 40; step++) {
                switch (random.nextInt(6)) {
                    case 0 -> epoch += 1 + random.nextInt(2);
                    case 1 -> {
                        int end = start + random.nextInt(epochOf.size() - start + 1);
                        if (end > start) {
                            epochs.truncateTo(end);
                            epochOf.subList(end, epochOf.size()).clear();
                        }
                    }
                    case 2 -> {
                        start += random.nextInt(epochOf.size() - start + 1) / 2;
                        epochs.startAt(start);
                    }
                    case 3 -> {
                        write(epochs);
                        epochs = new LeaderEpochs(file);
                    }
                    default -> {
                        epochs.begin(epoch, epochOf.size());
                        for (int n = 1 + random.nextInt(4); n > 0; n--) {
                            epochOf.add(epoch);
                        }
                    }
                }
                check(epochs, epochOf, start, epoch, "seed " + seed + " round " + round + " step " + step);
            }
        }
    }

    private static void write(LeaderEpochs epochs) throws Exception {
        LeaderEpochs.Unwritten lacking = epochs.unwritten();
        if (lacking != null) {
            lacking.write();
            epochs.written(lacking);
        }
    }

    /** Where two logs that agree up to an epoch can differ at the earliest: the follower's question of KIP-101. */
    private static void check(LeaderEpochs epochs, List<Integer> epochOf, int start, int latest, String where) {
        List<Integer> live = epochOf.subList(start, epochOf.size());
        if (live.isEmpty()) {
            return;
        }
        for (int asked = live.getFirst(); asked <= latest + 1; asked++) {
            EpochEnd answer = epochs.endOf(asked, epochOf.size());
            if (asked > live.getLast()) {
                assertThat(answer).as(where + " epoch " + asked).isEqualTo(new EpochEnd(-1, -1));
                continue;
            }
            int end = start;
            int found = -1;
            while (end < epochOf.size() && epochOf.get(end) <= asked) {
                found = epochOf.get(end++);
            }
            assertThat(answer).as(where + " epoch " + asked + " of " + live).isEqualTo(new EpochEnd(found, end));
        }
    }

    @Test
    void theFileIsKafkas() throws Exception {
        Path file = folder.resolve("leader-epoch-checkpoint");
        LeaderEpochs epochs = new LeaderEpochs(file);
        epochs.begin(0, 0);
        epochs.begin(3, 17);
        assertThat(file).doesNotExist();
        write(epochs);
        assertThat(epochs.unwritten()).isNull();
        assertThat(Files.readString(file)).isEqualTo("0\n2\n0 0\n3 17\n");
    }
}
