package io.millrace.connect.herder;

import io.millrace.connect.store.StatusTopic;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;

/** The topics that a connector has used since it was made, or since they were reset (KIP-558). Thread-safe. */
final class ActiveTopics {

    private final StatusTopic statuses;
    private final String connector;
    private final Set<String> topics = new ConcurrentSkipListSet<>();

    /** Those that are stored are known. */
    ActiveTopics(StatusTopic statuses, String connector) {
        this.statuses = statuses;
        this.connector = connector;
        topics.addAll(statuses.topics(connector));
    }

    void used(String topic, int task) {
        if (topics.add(topic)) {
            statuses.uses(connector, task, topic);
        }
    }

    Set<String> all() {
        return new TreeSet<>(topics);
    }

    void reset() {
        topics.clear();
        statuses.resetTopics(connector);
    }
}
