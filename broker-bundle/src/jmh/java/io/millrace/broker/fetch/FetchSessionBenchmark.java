package io.millrace.broker.fetch;

import io.millrace.broker.config.NodeSettings;
import io.millrace.broker.log.LogStore;
import io.millrace.broker.log.LogStoreConfig;
import io.millrace.broker.log.PartitionLog;
import io.millrace.broker.log.PartitionLog.Origin;
import io.millrace.broker.metadata.ClusterMetadata;
import io.millrace.broker.metrics.Traffic;
import io.millrace.broker.request.Call;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.requests.FetchMetadata;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What a fetch costs a node, from the decoded request to the response before it is encoded, by the number of partitions that the client reads. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class FetchSessionBenchmark {

    private static final short VERSION = 18;

    /** A client that has read everything there is. */
    @State(Scope.Thread)
    public static class Reading {

        @Param({"1", "100", "1000"})
        public int partitions;
        private Path folder;
        private LogStore store;
        private ClusterMetadata metadata;
        private Fetch fetch;
        private Uuid topic;
        private final List<PartitionLog> logs = new ArrayList<>();
        private int session;
        private int epoch;
        private int next;
        private FetchRequest full;

        @Setup(Level.Trial)
        public void begin() throws IOException {
            folder = Files.createTempDirectory("fetch-benchmark");
            store = LogStore.open(folder, LogStoreConfig.standard(), Clock.systemUTC());
            Node self = new Node(1, "127.0.0.1", 9092);
            metadata = ClusterMetadata.open("AAAAAAAAAAAAAAAAAAAAAA", self, folder.resolve("metadata"), store, NodeSettings.of(Map.of()));
            topic = metadata.createTopic("orders", partitions, Map.of("segment.bytes", "67108864", "retention.bytes", "134217728")).id();
            for (int i = 0; i < partitions; i++) {
                logs.add(metadata.leader(new TopicPartition("orders", i)).orElseThrow().log());
            }
            fetch = new Fetch(metadata, Integer.MAX_VALUE, 1000, new Traffic());
            FetchResponse opened = ask(request(FetchMetadata.INVALID_SESSION_ID, FetchMetadata.INITIAL_EPOCH, 0, partitions));
            session = opened.sessionId();
            full = request(FetchMetadata.INVALID_SESSION_ID, FetchMetadata.FINAL_EPOCH, 0, partitions);
            incremental(0, 0);
        }

        private FetchRequest request(int id, int session, int from, int to) {
            FetchTopic asked = new FetchTopic().setTopicId(topic);
            for (int i = from; i < to; i++) {
                asked.partitions().add(new FetchPartition().setPartition(i).setFetchOffset(logs.get(i).endOffset()).setPartitionMaxBytes(1 << 20));
            }
            return new FetchRequest(new FetchRequestData().setMaxWaitMs(0).setMinBytes(1).setMaxBytes(50 << 20).setSessionId(id).setSessionEpoch(session)
                    .setTopics(from == to ? List.of() : List.of(asked)), VERSION);
        }

        private FetchResponse ask(FetchRequest request) {
            try {
                return (FetchResponse) fetch.handle(new Call(new RequestHeader(ApiKeys.FETCH, VERSION, "reader", 1), request, InetAddress.getLoopbackAddress())).await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        /** Goes on with the session, with new positions of some partitions. */
        FetchResponse incremental(int from, int to) {
            epoch = FetchMetadata.nextEpoch(epoch);
            return checked(ask(request(session, epoch, from, to)));
        }

        private static FetchResponse checked(FetchResponse response) {
            if (response.data().errorCode() != 0) {
                throw new IllegalStateException("the session broke: " + response.data());
            }
            return response;
        }

        @TearDown(Level.Trial)
        public void end() throws IOException {
            fetch.close();
            metadata.close();
            store.close();
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : (Iterable<Path>) files.sorted(Comparator.reverseOrder())::iterator) {
                    Files.delete(file);
                }
            }
        }
    }

    /** Nothing came since the last one. */
    @Benchmark
    public FetchResponse nothingNew(Reading client) {
        return client.incremental(0, 0);
    }

    /** A record came in one partition, is fetched, and the next fetch names the new position of that partition. Includes the append. */
    @Benchmark
    public FetchResponse oneRecordInOnePartition(Reading client) {
        int at = client.next++ % client.partitions;
        client.logs.get(at).append(MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(1, new byte[100])), Origin.CLIENT, 0, false);
        FetchResponse found = client.incremental(0, 0);
        if (found.data().responses().isEmpty()) {
            throw new IllegalStateException("the record was not found");
        }
        return client.incremental(at, at + 1);
    }

    /** The append alone, to take off the one before. */
    @Benchmark
    public Object oneRecordUnread(Reading client) {
        return client.logs.get(client.next++ % client.partitions).append(MemoryRecords.withRecords(Compression.NONE, new SimpleRecord(1, new byte[100])), Origin.CLIENT, 0, false);
    }

    /** A client without a session names all its partitions each time. */
    @Benchmark
    public FetchResponse nothingNewWithoutSession(Reading client) {
        return Reading.checked(client.ask(client.full));
    }
}
