package io.millrace.itest;

import java.util.HashMap;
import java.util.Map;

/** Settings of stock clients that must get over a broker's crashes quickly. */
final class ClientSettings {

    private ClientSettings() {}

    @SafeVarargs
    static Map<String, Object> of(String bootstrap, Map<String, Object>... layers) {
        Map<String, Object> all = new HashMap<>(Map.of("bootstrap.servers", bootstrap, "retry.backoff.ms", "20", "retry.backoff.max.ms", "100",
                "reconnect.backoff.ms", "20", "reconnect.backoff.max.ms", "100"));
        for (Map<String, Object> layer : layers) {
            all.putAll(layer);
        }
        return all;
    }
}
