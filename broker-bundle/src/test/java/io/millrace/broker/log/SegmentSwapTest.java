package io.millrace.broker.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.log.CompactedStore.HandClock;
import io.millrace.broker.log.InterruptedSwap.Step;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a crash leaves at any step of a cleaned segment's way to its place. */
class SegmentSwapTest {

    @TempDir
    private Path folder;
    private final HandClock clock = new HandClock();
    private Map<String, String> table;
    private Map<Long, String> cleanedRecords;
    private InterruptedSwap swap;

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
            ((SegmentedLog) log).flush().run();
        }
        CompactedStore.copy(live, folder.resolve("before"));
        try (CompactedStore node = new CompactedStore(live, clock)) {
            PartitionLog log = node.table("segment.bytes", "100000");
            node.clean();
            table = CompactedStore.tableOf(log);
            cleanedRecords = CompactedStore.records(log);
        }
        CompactedStore.copy(live, folder.resolve("after"));
        swap = new InterruptedSwap(partition("before"), partition("after"));
        assertThat(swap.groups()).singleElement().satisfies(group -> assertThat(group).hasSizeGreaterThan(3));
    }

    private Path partition(String name) {
        return folder.resolve(name).resolve(CompactedStore.TABLE.toString());
    }

    static Stream<Arguments> crashes() {
        return Arrays.stream(Step.values()).flatMap(step -> Stream.of(Arguments.of(step, true), Arguments.of(step, false)));
    }

    @ParameterizedTest
    @MethodSource("crashes")
    void aCrashLosesAndRepeatsNothing(Step step, boolean closedInOrder) throws Exception {
        CompactedStore.copy(folder.resolve("before"), folder.resolve("crashed"));
        swap.arrange(partition("crashed"), swap.groups().getFirst(), step);
        if (!closedInOrder) {
            Files.delete(folder.resolve("crashed").resolve(".kafka_cleanshutdown"));
        }
        try (CompactedStore node = new CompactedStore(folder.resolve("crashed"), clock)) {
            PartitionLog log = node.table();
            assertThat(CompactedStore.tableOf(log)).isEqualTo(table);
            if (step.compareTo(Step.READY) >= 0) {
                assertThat(CompactedStore.records(log)).isEqualTo(cleanedRecords);
                assertThat(((SegmentedLog) log).files().segments().count()).isEqualTo(2);
            }
            assertThat(log.lastStableOffset()).isEqualTo(log.endOffset());
            assertThat(names()).noneMatch(name -> name.endsWith(".cleaned") || name.endsWith(".swap") || name.endsWith(".deleted"));
            assertThat(names().stream().filter(name -> name.endsWith(".index")).toList()).hasSizeLessThanOrEqualTo(((SegmentedLog) log).files().segments().count());
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
}
