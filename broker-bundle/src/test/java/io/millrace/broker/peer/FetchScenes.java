package io.millrace.broker.peer;

import java.io.IOException;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.protocol.ApiKeys;

/** Fetches of every version, isolation, offset and epoch. */
final class FetchScenes extends TransactionSteps {

    FetchScenes(Comparison comparison) {
        super(comparison);
    }

    void fetch() throws IOException {
        createTopic("fetched", 2);
        init("t", 5, "t", "t");
        for (int i = 0; i < 3; i++) {
            int first = i;
            produceIn("inside", 12, "t", "fetched", 0, side -> batch(side.id("t"), side.epoch("t"), 0, true, 3));
            produce("outside", 12, "fetched", _ -> batch(-1, -1, -1, false, 2));
            end("end", 5, "t", "t", 0, first == 1);
        }
        produceIn("inside", 12, "t", "fetched", 0, side -> batch(side.id("t"), side.epoch("t"), 0, true, 3));
        for (int version = 4; version <= 18; version++) {
            int now = version;
            for (byte isolation = 0; isolation < 2; isolation++) {
                byte level = isolation;
                for (long offset : new long[] {-1, 0, 4, 9, 18, 21, 22}) {
                    for (int epoch : version >= 9 ? new int[] {-1, 0, 4} : new int[] {-1}) {
                        for (int partition : List.of(0, 1, 5)) {
                            ask("offset " + offset + " isolation " + isolation + " epoch " + epoch + " partition " + partition, ApiKeys.FETCH,
                                    version,
                                    side -> fetch(side, now, "fetched", partition, offset, level, epoch));
                        }
                    }
                }
            }
            for (int last : version >= 12 ? new int[] {0, 3} : new int[0]) {
                ask("last epoch " + last, ApiKeys.FETCH, version, side -> {
                    FetchRequestData data = fetch(side, now, "fetched", 0, 30, (byte) 0, 0);
                    data.topics().getFirst().partitions().getFirst().setLastFetchedEpoch(last);
                    return data;
                });
            }
            ask("unknown", ApiKeys.FETCH, version, side -> {
                FetchRequestData data = fetch(side, now, "fetched", 0, 0, (byte) 0, -1);
                if (now >= 13) {
                    data.topics().getFirst().setTopicId(new Uuid(8, 8));
                } else {
                    data.topics().getFirst().setTopic("nowhere");
                }
                return data;
            });
        }
    }
}
