package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.log.CompactedStore.HandClock;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a crash leaves at any step of a cleaned segment's way to its place. */
class SegmentSwapTest {

    private static final List<String> INDEXES = List.of(".index", ".timeindex", ".txnindex");
    private static final String FIRST = PartitionFolder.name(0);

    /** In the order in which they happen. */
    private enum Step { HALF_WRITTEN, WRITTEN, INDEXES_READY, READY, SECOND_GONE, OTHERS_GONE, INDEXES_IN_PLACE, IN_PLACE }

    @TempDir
    private Path folder;
    private final HandClock clock = new HandClock();
    private Map<String, String> table;
    private Map<Long, String> cleanedRecords;
    private List<Long> before;
    private List<Long> after;

    @BeforeEach
    void cleanOnce() throws Exception {
        Path live = folder.resolve("live");
        try (CompactedStore node = new CompactedStore(live, clock)) {
            PartitionLog log = node.table();
            for (int i = 0; i < 100; i++) {
                node.put(log, "key-" + i % 13, "value-" + i);
            }
            node.put(log, 7, 0, "key-1", "aborted");
            node.end(log, 7, ControlRecordType.ABORT);
            node.fill(log);
            ((SegmentedLog) log).flush();
        }
        CompactedStore.copy(live, folder.resolve("before"));
        try (CompactedStore node = new CompactedStore(live, clock)) {
            PartitionLog log = node.table("segment.bytes", "100000");
            node.clean();
            table = CompactedStore.tableOf(log);
            cleanedRecords = CompactedStore.records(log);
        }
        CompactedStore.copy(live, folder.resolve("after"));
        before = new PartitionFolder(partition("before")).content().logs();
        after = new PartitionFolder(partition("after")).content().logs();
        assertThat(before).hasSizeGreaterThan(4);
        assertThat(after).hasSize(2);
    }

    private Path partition(String name) {
        return folder.resolve(name).resolve(CompactedStore.TABLE.toString());
    }

    @ParameterizedTest
    @CsvSource({"HALF_WRITTEN,true", "WRITTEN,true", "INDEXES_READY,true", "READY,true", "SECOND_GONE,true", "OTHERS_GONE,true", "INDEXES_IN_PLACE,true",
            "IN_PLACE,true", "HALF_WRITTEN,false", "WRITTEN,false", "INDEXES_READY,false", "READY,false", "SECOND_GONE,false", "OTHERS_GONE,false",
            "INDEXES_IN_PLACE,false", "IN_PLACE,false"})
    void aCrashLosesAndRepeatsNothing(Step step, boolean closedInOrder) throws Exception {
        CompactedStore.copy(folder.resolve("before"), folder.resolve("crashed"));
        crashAt(step, partition("crashed"), partition("after"));
        if (!closedInOrder) {
            Files.delete(folder.resolve("crashed").resolve(".kafka_cleanshutdown"));
        }
        try (CompactedStore node = new CompactedStore(folder.resolve("crashed"), clock)) {
            PartitionLog log = node.table();
            assertThat(CompactedStore.tableOf(log)).isEqualTo(table);
            if (step.compareTo(Step.READY) >= 0) {
                assertThat(CompactedStore.records(log)).isEqualTo(cleanedRecords);
            }
            assertThat(log.lastStableOffset()).isEqualTo(log.endOffset());
            assertThat(names()).noneMatch(name -> name.endsWith(".cleaned") || name.endsWith(".swap") || name.endsWith(".deleted"));
            assertThat(names().stream().filter(name -> name.endsWith(".index")).toList()).hasSizeLessThanOrEqualTo(((SegmentedLog) log).allSegments().count());
            node.put(log, "key-1", "later");
            node.fill(log);
            assertThat(node.clean().uncleanable()).isEmpty();
            assertThat(CompactedStore.tableOf(log)).hasSize(table.size()).containsEntry("key-1", "later");
            for (long offset = 0; offset < log.endOffset(); offset++) {
                assertThat(log.read(offset, 1, log.endOffset(), true).batches().iterator().next().lastOffset()).isGreaterThanOrEqualTo(offset);
            }
        }
    }

    private List<String> names() throws IOException {
        try (var files = Files.list(partition("crashed"))) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    private void crashAt(Step step, Path crashed, Path cleaned) throws IOException {
        String index = step.compareTo(Step.INDEXES_READY) < 0 ? ".cleaned" : step.compareTo(Step.INDEXES_IN_PLACE) < 0 ? ".swap" : "";
        String log = step.compareTo(Step.READY) < 0 ? ".cleaned" : step.compareTo(Step.IN_PLACE) < 0 ? ".swap" : "";
        if (step.compareTo(Step.SECOND_GONE) >= 0) {
            List<Long> others = before.subList(1, before.size() - 1);
            for (long base : step == Step.SECOND_GONE ? others.subList(0, 1) : others) {
                Path file = crashed.resolve(PartitionFolder.name(base) + ".log");
                Files.move(file, file.resolveSibling(file.getFileName() + ".deleted"));
            }
        }
        for (String suffix : INDEXES) {
            Path from = cleaned.resolve(FIRST + suffix);
            Path to = crashed.resolve(FIRST + suffix + index);
            Files.deleteIfExists(to);
            if (Files.exists(from)) {
                Files.copy(from, to);
            } else {
                Files.createFile(to);
            }
        }
        Path to = crashed.resolve(FIRST + ".log" + log);
        Files.deleteIfExists(to);
        Files.copy(cleaned.resolve(FIRST + ".log"), to);
        if (step == Step.HALF_WRITTEN) {
            try (FileChannel channel = FileChannel.open(to, StandardOpenOption.WRITE)) {
                channel.truncate(channel.size() / 2 + 3);
            }
        }
    }
}
