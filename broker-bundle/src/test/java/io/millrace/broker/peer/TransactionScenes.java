package io.millrace.broker.peer;

import java.io.IOException;
import org.apache.kafka.common.message.InitProducerIdRequestData;

/** Transactions of old clients and of those of today, with all that can be asked too early, twice or wrongly. */
final class TransactionScenes extends TransactionSteps {

    TransactionScenes(Comparison comparison) {
        super(comparison);
    }

    void transactionsOfOldClients() throws IOException {
        createTopic("tx1", 2);
        for (int version = 0; version <= 5; version++) {
            String id = "old" + version;
            init("first", version, id, id);
            init("second", version, id, id);
            init("timeout too long", version, "x", id, 900_001, _ -> new InitProducerIdRequestData());
            init("timeout 0", version, "x", id, 0, _ -> new InitProducerIdRequestData());
        }
        for (int version = 0; version <= 4; version++) {
            String id = "old" + version;
            int produced = Math.min(11, 3 + 2 * version);
            int ended = Math.min(4, version);
            end("nothing begun, commit", ended, id, id, 0, true);
            end("nothing begun, abort", ended, id, id, 0, false);
            add("unknown partition", version, id, id, 0, false, "tx1", 0, 9);
            add("unknown topic", version, id, id, 0, false, "nowhere", 0);
            add("later epoch", version, id, id, 1, false, "tx1", 0);
            add("earlier epoch", version, id, id, -1, false, "tx1", 0);
            add("nobody's id", version, "nobody", id, 0, false, "tx1", 0);
            add("another's producer id", version, id, "old5", 0, false, "tx1", 0);
            add("empty id", version, "", id, 0, false, "tx1", 0);
            produceIn("not in the transaction", produced, id, "tx1", 0, side -> batch(side.id(id), side.epoch(id), 0, true, 1));
            produceIn("without transactional id", produced, null, "tx1", 0, side -> batch(side.id(id), side.epoch(id), 0, true, 1));
            add("verify nothing begun", version, id, id, 0, true, "tx1", 0);
            add("one", version, id, id, 0, false, "tx1", 0);
            add("verify both", version, id, id, 0, true, "tx1", 0, 1);
            add("one again", version, id, id, 0, false, "tx1", 0);
            produceIn("other partition", produced, id, "tx1", 1, side -> batch(side.id(id), side.epoch(id), 0, true, 1));
            produceIn("inside", produced, id, "tx1", 0, side -> batch(side.id(id), side.epoch(id), 0, true, 2));
            produceIn("inside, other transactional id", produced, "old5", "tx1", 0, side -> batch(side.id(id), side.epoch(id), 2, true, 2));
            produceIn("outside", produced, null, "tx1", 0, side -> batch(side.id(id), side.epoch(id), 4, false, 2));
            produceIn("not transactional with id", produced, id, "tx1", 1, side -> batch(side.id("old5"), side.epoch("old5"), 0, false, 1));
            look("open", id, "tx1");
            add("the other", version, id, id, 0, false, "tx1", 0, 1);
            produceIn("other partition", produced, id, "tx1", 1, side -> batch(side.id(id), side.epoch(id), 0, true, 1));
            end("later epoch", ended, id, id, 1, true);
            end("earlier epoch", ended, id, id, -1, true);
            end("nobody's id", ended, "nobody", id, 0, true);
            end("empty id", ended, "", id, 0, true);
            end("another's producer id", ended, id, "old5", 0, true);
            end("commit", ended, id, id, 0, true);
            end("commit again", ended, id, id, 0, true);
            end("abort now", ended, id, id, 0, false);
            produceIn("after the end", produced, id, "tx1", 0, side -> batch(side.id(id), side.epoch(id), 4, true, 1));
            look("committed", id, "tx1");
            add("next", version, id, id, 0, false, "tx1", 0, 1);
            produceIn("inside again", produced, id, "tx1", 0, side -> batch(side.id(id), side.epoch(id), 4, true, 2));
            end("abort", ended, id, id, 0, false);
            end("abort again", ended, id, id, 0, false);
            end("commit now", ended, id, id, 0, true);
            look("aborted", id, "tx1");
        }
        list("after all");
    }

    void transactionsOfNewClients() throws IOException {
        createTopic("tx2", 2);
        String id = "new";
        init("first", 5, id, id);
        end("nothing begun, commit", 5, id, id, 0, true);
        produceIn("first batch in the middle", 12, id, "tx2", 0, side -> batch(side.id(id), side.epoch(id), 3, true, 2));
        produceIn("first batch", 12, id, "tx2", 0, side -> batch(side.id(id), side.epoch(id), 0, true, 2));
        look("open", id, "tx2");
        produceIn("second batch", 13, id, "tx2", 0, side -> batch(side.id(id), side.epoch(id), 2, true, 2));
        produceIn("later epoch", 12, id, "tx2", 0, side -> batch(side.id(id), side.epoch(id) + 1, 0, true, 2));
        produceIn("unknown partition", 13, id, "tx2", 5, side -> batch(side.id(id), side.epoch(id), 2, true, 2));
        end("later epoch", 5, id, id, 1, true);
        end("earlier epoch", 5, id, id, -1, true);
        end("commit", 5, id, id, 0, true);
        end("commit again", 5, id, id, -1, true);
        end("abort now", 5, id, id, -1, false);
        look("committed", id, "tx2");
        produceIn("with the epoch of before", 12, id, "tx2", 0, side -> batch(side.id(id), side.epoch(id) - 1, 4, true, 1));
        produceIn("in the middle", 12, id, "tx2", 0, side -> batch(side.id(id), side.epoch(id), 4, true, 1));
        produceIn("from 0", 12, id, "tx2", 0, side -> batch(side.id(id), side.epoch(id), 0, true, 1));
        produceIn("other partition in the middle", 12, id, "tx2", 1, side -> batch(side.id(id), side.epoch(id), 4, true, 1));
        produceIn("other partition from 0", 12, id, "tx2", 1, side -> batch(side.id(id), side.epoch(id), 0, true, 1));
        end("abort", 5, id, id, 0, false);
        end("abort again", 5, id, id, -1, false);
        end("commit now", 5, id, id, -1, true);
        end("abort nothing", 5, id, id, 0, false);
        end("commit nothing", 5, id, id, 0, true);
        look("aborted", id, "tx2");
        // An old client with the same id.
        init("old client", 4, id, id);
        add("one", 3, id, id, 0, false, "tx2", 0);
        produceIn("inside", 11, id, "tx2", 0, side -> batch(side.id(id), side.epoch(id), 0, true, 1));
        produceIn("other partition, old", 11, id, "tx2", 1, side -> batch(side.id(id), side.epoch(id), 0, true, 1));
        produceIn("other partition, older", 9, id, "tx2", 1, side -> batch(side.id(id), side.epoch(id), 0, true, 1));
        end("commit", 4, id, id, 0, true);
        end("commit as new", 5, id, id, 0, true);
        end("abort as new", 5, id, id, 0, false);
        look("at the end", id, "tx2");
        list("after all");
    }
}
