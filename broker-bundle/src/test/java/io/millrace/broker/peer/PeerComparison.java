package io.millrace.broker.peer;

import io.millrace.broker.peer.Comparison.Scene;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Asks two brokers the same, request by request, and prints where their answers differ: a Kafka broker tells what is right. For use by hand,
 * with the addresses of the two; a pattern as third argument chooses among the scenes. Ids that the brokers chose themselves, texts and addresses
 * do not count.
 */
final class PeerComparison {

    private PeerComparison() {
    }

    static void main(String[] arguments) throws Exception {
        String run = Long.toString(System.currentTimeMillis(), 36);
        Comparison comparison = new Comparison(new Side(arguments[0], run), new Side(arguments[1], run));
        String chosen = arguments.length > 2 ? arguments[2] : ".*";
        for (Map.Entry<String, Scene> scene : scenes(comparison).entrySet()) {
            if (scene.getKey().matches(chosen)) {
                comparison.play(scene.getKey(), scene.getValue());
            }
        }
        System.out.println(comparison);
    }

    private static Map<String, Scene> scenes(Comparison comparison) {
        Map<String, Scene> scenes = new LinkedHashMap<>();
        scenes.put("coordinators", new ProducerScenes(comparison)::coordinators);
        scenes.put("producers", new ProducerScenes(comparison)::producers);
        scenes.put("records", new RecordScenes(comparison)::records);
        scenes.put("offsets", new OffsetScenes(comparison)::offsets);
        scenes.put("epochs", new OffsetScenes(comparison)::epochs);
        scenes.put("deletion", new OffsetScenes(comparison)::deletion);
        scenes.put("transactions1", new TransactionScenes(comparison)::transactionsOfOldClients);
        scenes.put("transactions2", new TransactionScenes(comparison)::transactionsOfNewClients);
        scenes.put("fencing", new FencingScenes(comparison)::fencing);
        scenes.put("timeouts", new FencingScenes(comparison)::timeouts);
        scenes.put("groups", new GroupOffsetScenes(comparison)::offsetsInTransactions);
        scenes.put("fetch", new FetchScenes(comparison)::fetch);
        return scenes;
    }
}
