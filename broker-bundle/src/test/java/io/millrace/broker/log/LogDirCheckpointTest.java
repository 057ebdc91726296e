package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.log.PartitionLog.Origin;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What nobody waits for, in many logs. */
@Timeout(60)
class LogDirCheckpointTest {

    private static final int LOGS = 90;
    private static final int FEW = 20;
    private static final int MOST_WRITTEN = 50;
    private static final long JOURNAL_BYTES = 1024 * 1024;
    private static final Duration NEVER = Duration.ofDays(1);

    @TempDir
    private Path folder;
    private LogStore store;
    private List<SegmentedLog> logs;
    private LogDirCheckpoint checkpoint;

    @BeforeEach
    void open() throws Exception {
        store = open(folder.resolve("logs"), JOURNAL_BYTES);
        create(LOGS);
        // The journal's first file is made in the background, and gives way to one that is large enough; then its logs are synced.
        do {
            appendToAll("first");
            checkpoint.run(0);
        } while (!hasLargeJournal());
    }

    private boolean hasLargeJournal() throws IOException {
        boolean large = false;
        try (var files = Files.newDirectoryStream(folder.resolve("logs"), "journal-*")) {
            for (Path file : files) {
                if (Files.size(file) < JOURNAL_BYTES / 2) {
                    return false;
                }
                large = true;
            }
        } catch (NoSuchFileException goesNow) {
            return false;
        }
        return large;
    }

    private static LogStore open(Path folder, long journalBytes) {
        return LogStore.open(folder, new LogStoreConfig(Map.of(), NEVER, NEVER, NEVER, 0, journalBytes), Clock.systemUTC());
    }

    private void create(int count) {
        List<TopicPartition> partitions = IntStream.range(0, count).mapToObj(i -> new TopicPartition("orders", i)).toList();
        logs = store.create(partitions, new Uuid(7, 9), LogConfig.of(Map.of())).stream().map(SegmentedLog.class::cast).toList();
        checkpoint = logs.getFirst().dir().checkpoint();
    }

    private void appendToAll(String value) {
        appendToAll(value, 0);
    }

    private void appendToAll(String value, int leaderEpoch) {
        logs.forEach(log -> log.append(LogFixture.plain(Compression.NONE, value), Origin.CLIENT, leaderEpoch, false));
    }

    private long count(Predicate<SegmentedLog> which) {
        return logs.stream().filter(which).count();
    }

    private static boolean isDurable(SegmentedLog log) {
        return log.flush().durableOffset() == log.endOffset();
    }

    private static boolean isSynced(SegmentedLog log) {
        return log.flush().syncedOffset() == log.endOffset();
    }

    private static boolean isCovered(SegmentedLog log) {
        return log.checkpoint().recoveryPoint() == log.endOffset();
    }

    @Test
    void manyLogsAreDurableWithoutSyncingTheirFilesWhichFollowSomeAtATime() {
        assertThat(logs).allMatch(LogDirCheckpointTest::isDurable);
        for (int i = 0; i < 3; i++) {
            appendToAll("again");
            checkpoint.run();
            assertThat(logs).allMatch(LogDirCheckpointTest::isDurable).noneMatch(LogDirCheckpointTest::isSynced).noneMatch(LogDirCheckpointTest::isCovered);
        }
        for (int synced = FEW; synced < LOGS + FEW; synced += FEW) {
            checkpoint.run();
            assertThat(count(LogDirCheckpointTest::isSynced)).isEqualTo(Math.min(synced, LOGS));
            assertThat(count(LogDirCheckpointTest::isCovered)).isEqualTo(Math.min(synced, LOGS));
        }
        assertThat(logs).allMatch(LogDirCheckpointTest::isSynced).allMatch(LogDirCheckpointTest::isCovered);
        store.close();
    }

    @Test
    void whatStandsBesideManyLogsIsWrittenSomeAtATime() {
        appendToAll("again", 4);
        logs.forEach(log -> log.flush().run());
        checkpoint.run();
        assertThat(count(LogDirCheckpointTest::isCovered)).isEqualTo(MOST_WRITTEN);
        checkpoint.run();
        assertThat(logs).allMatch(LogDirCheckpointTest::isCovered);
        store.close();
    }

    @Test
    void aFewLogsAndOneThatGotMuchAreSynced() {
        appendToAll("small");
        SegmentedLog large = logs.get(7);
        large.append(LogFixture.plain(Compression.NONE, "large ".repeat(FlushPlan.FEW_BYTES)), Origin.CLIENT, 0, false);
        checkpoint.run();
        assertThat(logs).filteredOn(LogDirCheckpointTest::isCovered).containsExactly(large);
        while (count(LogDirCheckpointTest::isSynced) < LOGS) {
            checkpoint.run();
        }
        List<SegmentedLog> few = logs.subList(0, FEW);
        few.forEach(log -> log.append(LogFixture.plain(Compression.NONE, "few"), Origin.CLIENT, 0, false));
        checkpoint.run();
        assertThat(few).allMatch(LogDirCheckpointTest::isCovered);
        store.close();
    }

    @Test
    void aDeletedLogKeepsNobodyWaiting() {
        appendToAll("again");
        store.delete(logs.get(3).topicPartition());
        checkpoint.run();
        assertThat(logs).filteredOn(SegmentedLog::isOnline).hasSize(LOGS - 1).allMatch(LogDirCheckpointTest::isDurable);
        store.close();
    }

    @Test
    void whatOnlyTheJournalHasIsThereAfterACrash() throws Exception {
        appendToAll("again", 4);
        checkpoint.run();
        long[] ends = logs.stream().mapToLong(SegmentedLog::endOffset).toArray();
        Path crashed = folder.resolve("crashed");
        LogFixture.copy(folder.resolve("logs"), crashed);
        for (SegmentedLog log : logs) {
            Path own = crashed.resolve(log.topicPartition().toString()).resolve("00000000000000000000.log");
            try (var file = FileChannel.open(own, StandardOpenOption.WRITE)) {
                // The last batch is torn.
                file.truncate(file.size() - 1);
            }
        }
        store.close();
        store = open(crashed, JOURNAL_BYTES);
        create(LOGS);
        assertThat(logs.stream().mapToLong(SegmentedLog::endOffset)).containsExactly(LongStream.of(ends).boxed().toArray(Long[]::new));
        assertThat(logs).allMatch(log -> log.leaderEpoch() == 4);
        assertThat(logs).allSatisfy(log -> assertThat(LogFixture.values(log).lastEntry().getValue()).isEqualTo("again"));
        store.close();
    }

    @Test
    void withoutAJournalEachLogIsSynced() {
        store.close();
        store = open(folder.resolve("others"), 0);
        create(LOGS);
        appendToAll("again");
        checkpoint.run();
        assertThat(logs).allMatch(LogDirCheckpointTest::isSynced);
        store.close();
    }
}
