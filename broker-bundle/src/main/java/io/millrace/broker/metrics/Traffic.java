package io.millrace.broker.metrics;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What went into and out of the topics. Only names of topics that exist are given here: a client must not be able to make up any number of
 * counters. Thread-safe.
 */
public final class Traffic {

    private final TopicTraffic all = new TopicTraffic();
    private final Map<String, TopicTraffic> topics = new ConcurrentHashMap<>();

    /** Batches of one partition were appended. */
    public void appended(String topic, long records, long bytes) {
        all.appended(records, bytes);
        of(topic).appended(records, bytes);
    }

    /** @param topic null if there is no such topic */
    public void produceFailed(String topic) {
        all.produceFailed();
        if (topic != null) {
            of(topic).produceFailed();
        }
    }

    /** One partition of a fetch was answered. */
    public void fetched(String topic, long bytes) {
        all.fetched(bytes);
        of(topic).fetched(bytes);
    }

    /** @param topic null if there is no such topic */
    public void fetchFailed(String topic) {
        all.fetchFailed();
        if (topic != null) {
            of(topic).fetchFailed();
        }
    }

    /** Its counters begin anew should there be one of that name again. */
    public void forget(String topic) {
        topics.remove(topic);
    }

    TopicTraffic all() {
        return all;
    }

    /** Made when it is first asked for: a topic that nobody uses has zeros. */
    TopicTraffic of(String topic) {
        TopicTraffic traffic = topics.get(topic);
        return traffic != null ? traffic : topics.computeIfAbsent(topic, _ -> new TopicTraffic());
    }
}
