package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.log.LogStore;
import io.millrace.broker.log.LogStoreConfig;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.PartitionLog.Origin;
import io.millrace.itest.RecordScene.Content;
import io.millrace.itest.RecordScene.Seen;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.compress.Compression;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The files are Kafka's: its tool finds nothing wrong in ours, a Kafka broker serves what Millrace wrote, and Millrace's log store reads what a Kafka
 * broker wrote, stopped in order or killed.
 */
@Timeout(600)
class KafkaFolderIT {

    @TempDir
    private Path folder;

    private static Path partition(Path logs, TopicPartition partition) {
        return logs.resolve(partition.toString());
    }

    @Test
    void eachReadsWhatTheOtherWrote() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        RecordScene ours = new RecordScene("ours-", seed);
        RecordScene theirs = new RecordScene("theirs-", seed + 1);

        Map<TopicPartition, Content> written = writeOurs(ours);
        Path ourLogs = folder.resolve("millrace").resolve("broker").resolve("logs");
        kafkasToolFindsNothingWrong(ourLogs, ours);

        try (KafkaPeer kafka = KafkaPeer.format(folder.resolve("kafka"))) {
            kafka.start();
            theirs.create(kafka.bootstrap());
            ours.create(kafka.bootstrap());
            // Kafka knows of no compaction of these files, and would begin one while they are compared.
            ours.endCompaction(kafka.bootstrap());
            theirs.write(kafka.bootstrap());
            theirs.awaitCompacted(kafka.bootstrap());
            Map<TopicPartition, Content> first = theirs.readAll(kafka.bootstrap());
            kafka.stop();
            assertStoreHas(copy(kafka.data(), "stopped"), first);
            assertMillraceServes(theirs, kafka.data(), first);

            // As somebody would who moves a topic's files to a Kafka cluster.
            for (TopicPartition partition : ours.partitions()) {
                replaceFiles(partition(ourLogs, partition), partition(kafka.data(), partition));
            }
            kafka.start();
            Map<TopicPartition, Content> served = ours.readAll(kafka.bootstrap());
            for (TopicPartition partition : ours.partitions()) {
                assertThat(served.get(partition)).as("%s, served by Kafka", partition).isEqualTo(written.get(partition));
            }
            ours.write(kafka.bootstrap());
            theirs.write(kafka.bootstrap());
            Map<TopicPartition, Content> last = theirs.readAll(kafka.bootstrap());
            last.putAll(ours.readAll(kafka.bootstrap()));
            KafkaProducer<String, String> open = theirs.leaveOpen(kafka.bootstrap());
            kafka.kill();
            open.close(Duration.ZERO);
            last.remove(theirs.transactional());
            Path killed = copy(kafka.data(), "killed");
            assertStoreHas(killed, last);
            assertOpenTransactionIsKnown(killed, theirs.transactional());
        }
    }

    /** As somebody would who moves a topic's files to Millrace. */
    private void assertMillraceServes(RecordScene theirs, Path kafkasLogs, Map<TopicPartition, Content> expected) throws Exception {
        Path data = folder.resolve("moved");
        try (Millrace millrace = Millrace.start(data)) {
            theirs.create(millrace.bootstrap());
            millrace.terminate(Duration.ofSeconds(30));
        }
        for (TopicPartition partition : theirs.partitions()) {
            replaceFiles(partition(kafkasLogs, partition), partition(data.resolve("broker").resolve("logs"), partition));
        }
        try (Millrace millrace = Millrace.start(data, "--set", "log.cleaner.enable=false")) {
            Map<TopicPartition, Content> served = theirs.readAll(millrace.bootstrap());
            for (TopicPartition partition : theirs.partitions()) {
                assertThat(served.get(partition).all()).as("%s, served by Millrace", partition).isEqualTo(expected.get(partition).all());
                assertThat(served.get(partition).committed()).as("%s, committed, served by Millrace", partition).isEqualTo(expected.get(partition).committed());
            }
            millrace.terminate(Duration.ofSeconds(30));
        }
    }

    /** Over two starts, so that there are leader epochs. */
    private Map<TopicPartition, Content> writeOurs(RecordScene ours) throws Exception {
        String[] options = {"--set", "log.cleaner.backoff.ms=200"};
        try (Millrace millrace = Millrace.start(folder.resolve("millrace"), options)) {
            ours.create(millrace.bootstrap());
            ours.write(millrace.bootstrap());
            millrace.terminate(Duration.ofSeconds(30));
        }
        try (Millrace millrace = Millrace.start(folder.resolve("millrace"), options)) {
            ours.write(millrace.bootstrap());
            ours.awaitCompacted(millrace.bootstrap());
            Map<TopicPartition, Content> written = ours.readAll(millrace.bootstrap());
            assertThat(written.get(ours.transactional()).committed()).hasSizeLessThan(written.get(ours.transactional()).all().size());
            millrace.terminate(Duration.ofSeconds(30));
            return written;
        }
    }

    private static void kafkasToolFindsNothingWrong(Path logs, RecordScene scene) throws Exception {
        Map<String, List<String>> bySuffix = new java.util.TreeMap<>();
        for (TopicPartition partition : scene.partitions()) {
            try (Stream<Path> files = Files.list(partition(logs, partition))) {
                files.filter(file -> file.getFileName().toString().matches("\\d{20}\\.[a-z]+")).filter(KafkaFolderIT::isOfASegment)
                        .forEach(file -> bySuffix.computeIfAbsent(file.toString().substring(file.toString().lastIndexOf('.')), _ -> new ArrayList<>()).add(file.toString()));
            }
        }
        assertThat(bySuffix).containsOnlyKeys(".log", ".index", ".timeindex", ".txnindex", ".snapshot");
        Result dumped = KafkaPeer.tool("org.apache.kafka.tools.DumpLogSegments", "--deep-iteration", "--files",
                bySuffix.values().stream().flatMap(List::stream).collect(Collectors.joining(",")));
        assertThat(dumped.exitCode()).as(dumped.output()).isZero();
        assertThat(complaints(dumped.output())).isEmpty();
        assertThat(dumped.output()).contains("endTxnMarker: ABORT", "producerId: ", "version: 0 producerId: ", "compresscodec: zstd", "partitionLeaderEpoch: 1");
        assertThat(dumped.output().lines().filter(line -> line.startsWith("Dumping ")).count()).isEqualTo(bySuffix.values().stream().mapToInt(List::size).sum());
        Set<String> indexed = new HashSet<>();
        dumped.output().lines().filter(line -> line.startsWith("offset: ") && line.contains(" position: ") && !line.contains("isvalid")).forEach(indexed::add);
        assertThat(indexed).as("entries of offset indexes").hasSizeGreaterThan(20);
    }

    /** What the tool says of damage; but it counts on every segment to begin at 0, on no offset to be compacted away and on no batch to be empty. */
    private static List<String> complaints(String output) {
        List<String> complaints = new ArrayList<>();
        boolean compacted = false;
        for (String line : output.lines().toList()) {
            if (line.startsWith("Non-consecutive offsets in")) {
                compacted = line.contains("compacted");
            } else if (line.contains(" is followed by ")) {
                if (!compacted && !line.strip().startsWith("-1 is")) {
                    complaints.add(line);
                }
            } else if (line.contains("Index timestamp: ")) {
                if (!line.endsWith("log timestamp: -1")) {
                    complaints.add(line);
                }
            } else if (line.matches("(?i).*(exception|invalid|corrupt|out of order|does not exist|not found|Index offset: ).*")) {
                complaints.add(line);
            }
        }
        return complaints;
    }

    /** The indexes of a segment that was compacted away go a while later than its log. */
    private static boolean isOfASegment(Path file) {
        String name = file.getFileName().toString();
        return !name.endsWith("index") || Files.exists(file.resolveSibling(name.substring(0, 20) + ".log"));
    }

    private Path copy(Path source, String name) throws IOException {
        Path target = folder.resolve(name);
        try (Stream<Path> files = Files.walk(source)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                if (!file.getFileName().toString().equals(".lock")) {
                    Files.copy(file, target.resolve(source.relativize(file).toString()), StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
        }
        return target;
    }

    /** All but which topic it is. */
    private static void replaceFiles(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.list(to)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                if (!file.endsWith("partition.metadata")) {
                    Files.delete(file);
                }
            }
        }
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                if (!file.endsWith("partition.metadata")) {
                    Files.copy(file, to.resolve(file.getFileName()));
                }
            }
        }
    }

    /** Reads everything twice: as the folder was left, and after Millrace has added to it and closed it. */
    private static void assertStoreHas(Path logs, Map<TopicPartition, Content> expected) {
        for (int open = 0; open < 2; open++) {
            try (LogStore store = LogStore.open(logs, LogStoreConfig.standard(), Clock.systemUTC())) {
                for (Map.Entry<TopicPartition, Content> each : expected.entrySet()) {
                    PartitionLog log = store.log(each.getKey()).orElseThrow();
                    String what = each.getKey() + " in " + logs.getFileName() + ", opened " + (open + 1);
                    List<Seen> all = each.getValue().all();
                    long end = log.endOffset() - open;
                    assertThat(read(log, end, false)).as(what).isEqualTo(all);
                    assertThat(read(log, end, true)).as("%s, committed", what).isEqualTo(each.getValue().committed());
                    each.getValue().byTime().forEach((time, offset) -> {
                        // Where compaction took a segment's last records, Kafka looks no further.
                        if (offset >= 0 || !each.getKey().topic().endsWith("compacted")) {
                            assertThat(log.offsetForTimestamp(time, end).map(found -> found.offset).orElse(-1L)).as("%s at time %d", what, time).isEqualTo(offset);
                        }
                    });
                    int epoch = all.getLast().leaderEpoch();
                    assertThat(log.leaderEpoch()).as(what).isGreaterThanOrEqualTo(epoch);
                    assertThat(log.endOfEpoch(epoch).endOffset()).as(what).isGreaterThan(all.getLast().offset());
                    if (open == 0) {
                        assertThat(log.append(MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(1, "more".getBytes(StandardCharsets.UTF_8))),
                                Origin.CLIENT, log.leaderEpoch() + 1, true).firstOffset()).as(what).isEqualTo(end);
                    }
                }
            }
        }
    }

    /** What a consumer makes of the log. */
    private static List<Seen> read(PartitionLog log, long end, boolean committed) {
        List<AbortedTransaction> aborted = log.abortedTransactions(log.startOffset(), end);
        Set<Long> aborting = new HashSet<>();
        List<Seen> seen = new ArrayList<>();
        long offset = log.startOffset();
        while (offset < end) {
            for (RecordBatch batch : log.read(offset, 1 << 20, end, true).batches()) {
                batch.ensureValid();
                aborted.stream().filter(transaction -> transaction.producerId() == batch.producerId() && transaction.firstOffset() >= batch.baseOffset()
                        && transaction.firstOffset() <= batch.lastOffset()).forEach(transaction -> aborting.add(batch.producerId()));
                for (Record record : batch) {
                    if (batch.isControlBatch()) {
                        if (ControlRecordType.parse(record.key()) == ControlRecordType.ABORT) {
                            aborting.remove(batch.producerId());
                        }
                    } else if (!committed || !batch.isTransactional() || !aborting.contains(batch.producerId())) {
                        seen.add(new Seen(record.offset(), record.timestamp(), batch.partitionLeaderEpoch(), text(record.key()), text(record.value())));
                    }
                }
                offset = batch.nextOffset();
            }
        }
        return seen;
    }

    private static String text(ByteBuffer bytes) {
        return bytes == null ? null : StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }

    private static void assertOpenTransactionIsKnown(Path logs, TopicPartition partition) {
        try (LogStore store = LogStore.open(logs, LogStoreConfig.standard(), Clock.systemUTC())) {
            PartitionLog log = store.log(partition).orElseThrow();
            assertThat(log.lastStableOffset()).isEqualTo(log.endOffset() - 5);
            assertThat(log.producers().active()).anyMatch(producer -> producer.currentTransactionStart() == log.endOffset() - 5);
        }
    }
}
