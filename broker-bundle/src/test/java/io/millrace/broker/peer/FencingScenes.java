package io.millrace.broker.peer;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData.WritableTxnMarker;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData.WritableTxnMarkerTopic;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData;
import org.apache.kafka.common.protocol.ApiKeys;

/** Producers that were replaced or too slow, and markers of administrators. */
final class FencingScenes extends TransactionSteps {

    FencingScenes(Comparison comparison) {
        super(comparison);
    }

    void fencing() throws IOException {
        createTopic("fence", 2);
        init("first", 5, "f", "f");
        produceIn("inside", 12, "f", "fence", 0, side -> batch(side.id("f"), side.epoch("f"), 0, true, 1));
        init("a second one", 5, "g", "f");
        look("fenced", "f", "fence");
        produceIn("zombie", 12, "f", "fence", 0, side -> batch(side.id("f"), side.epoch("f"), 1, true, 1));
        produceIn("old zombie", 9, "f", "fence", 0, side -> batch(side.id("f"), side.epoch("f"), 1, true, 1));
        produceIn("zombie elsewhere", 12, "f", "fence", 1, side -> batch(side.id("f"), side.epoch("f"), 1, true, 1));
        for (int version = 0; version <= 5; version++) {
            end("zombie", version, "f", "f", 0, true);
            end("zombie", version, "f", "f", 0, false);
            add("zombie", version, "f", "f", 0, false, "fence", 0);
            add("zombie verifies", version, "f", "f", 0, true, "fence", 0);
        }
        for (int version = 3; version <= 5; version++) {
            init("zombie goes on", version, "x", "f", 60_000, side -> new InitProducerIdRequestData().setProducerId(side.id("f"))
                    .setProducerEpoch(side.epoch("f")));
            init("of another id", version, "x", "f", 60_000, _ -> new InitProducerIdRequestData().setProducerId(888_888).setProducerEpoch((short) 1));
            init("goes on", version, "h", "f", 60_000, side -> new InitProducerIdRequestData().setProducerId(side.id("g"))
                    .setProducerEpoch(side.epoch("g")));
            init("goes on again", version, "h", "f", 60_000, side -> new InitProducerIdRequestData().setProducerId(side.id("g"))
                    .setProducerEpoch(side.epoch("g")));
            init("goes on from later", version, "g", "f", 60_000, side -> new InitProducerIdRequestData().setProducerId(side.id("h"))
                    .setProducerEpoch(side.epoch("h")));
        }
        init("unknown transactional id goes on", 5, "u", "unknown", 60_000, _ -> new InitProducerIdRequestData().setProducerId(12_345)
                .setProducerEpoch((short) 3));
        markers();
    }

    /** What a producer is told whose transaction was aborted because it took too long. */
    void timeouts() throws IOException {
        createTopic("slow", 1);
        List<String> ids = new ArrayList<>();
        for (int version = 2; version <= 5; version++) {
            init("one", 5, "o" + version, "o" + version, 1_000, _ -> new InitProducerIdRequestData());
            init("two", 5, "p" + version, "p" + version, 1_000, _ -> new InitProducerIdRequestData());
            for (String id : List.of("o" + version, "p" + version)) {
                ids.add(id);
                if (version < 5) {
                    add("one", 3, id, id, 0, false, "slow", 0);
                }
                produceIn("inside", version < 5 ? 11 : 12, id, "slow", 0, side -> batch(side.id(id), side.epoch(id), 0, true, 1));
            }
        }
        awaitEnds(ids);
        for (int version = 2; version <= 5; version++) {
            String one = "o" + version;
            String two = "p" + version;
            look("timed out", one, "slow");
            produceIn("on", version < 5 ? 11 : 12, one, "slow", 0, side -> batch(side.id(one), side.epoch(one), 1, true, 1));
            produceIn("on", 9, one, "slow", 0, side -> batch(side.id(one), side.epoch(one), 1, true, 1));
            end("commit", version, one, one, 0, true);
            end("commit again", version, one, one, 0, true);
            end("then abort", version, one, one, 0, false);
            end("abort", version, two, two, 0, false);
            end("abort again", version, two, two, 0, false);
            init("goes on", 5, one, one, 60_000, side -> new InitProducerIdRequestData().setProducerId(side.id(one))
                    .setProducerEpoch(side.epoch(one)));
            init("begins anew", 5, two, two, 60_000, _ -> new InitProducerIdRequestData());
            look("anew", two, "slow");
        }
    }

    private void markers() throws IOException {
        createTopic("marked", 1);
        init("m", 5, "m", "m");
        produceIn("inside", 12, "m", "marked", 0, side -> batch(side.id("m"), side.epoch("m"), 0, true, 1));
        for (int version = 1; version <= 2; version++) {
            for (int transactions = 0; transactions <= (version == 2 ? 2 : 0); transactions += 2) {
                marker("wrong coordinator epoch", version, transactions, 0, -1, false, "marked", 0);
                marker("earlier epoch", version, transactions, -1, 1, false, "marked", 0);
                marker("no partition", version, transactions, 0, 1, false, "marked", 7);
                marker("no topic", version, transactions, 0, 1, false, "nowhere", 0);
                marker("abort", version, transactions, 0, 1, false, "marked", 0);
                look("marked", "m", "marked");
                marker("again", version, transactions, 0, 1, false, "marked", 0);
                init("next", 5, "m", "m");
                produceIn("inside", 12, "m", "marked", 0, side -> batch(side.id("m"), side.epoch("m"), 0, true, 1));
            }
        }
        end("commit what is marked", 5, "m", "m", 0, true);
        look("at the end", "m", "marked");
    }

    private void marker(String what, int version, int transactionVersion, int epochMore, int coordinatorEpoch, boolean commit, String topic,
            int partition)
            throws IOException {
        ask(what + " as " + transactionVersion, ApiKeys.WRITE_TXN_MARKERS, version, side -> new WriteTxnMarkersRequestData()
                .setMarkers(List.of(new WritableTxnMarker()
                .setProducerId(side.id("m")).setProducerEpoch((short) (side.epoch("m") + epochMore)).setCoordinatorEpoch(coordinatorEpoch)
                        .setTransactionResult(commit)
                .setTransactionVersion((byte) transactionVersion)
                .setTopics(List.of(new WritableTxnMarkerTopic().setName(topic.equals("nowhere") ? topic : side.name(topic))
                        .setPartitionIndexes(List.of(partition)))))));
    }
}
