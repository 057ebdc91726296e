package io.millrace.broker.metrics;

import java.util.concurrent.atomic.LongAdder;

/** What went into and out of one topic, or all of them. Counted once per partition of a request. Thread-safe. */
public final class TopicTraffic {

    final LongAdder messagesIn = new LongAdder();
    final LongAdder bytesIn = new LongAdder();
    final LongAdder bytesOut = new LongAdder();
    final LongAdder produceRequests = new LongAdder();
    final LongAdder fetchRequests = new LongAdder();
    final LongAdder failedProduceRequests = new LongAdder();
    final LongAdder failedFetchRequests = new LongAdder();

    TopicTraffic() {
    }

    void appended(long records, long bytes) {
        produceRequests.increment();
        messagesIn.add(records);
        bytesIn.add(bytes);
    }

    void produceFailed() {
        produceRequests.increment();
        failedProduceRequests.increment();
    }

    void fetched(long bytes) {
        fetchRequests.increment();
        if (bytes > 0) {
            bytesOut.add(bytes);
        }
    }

    void fetchFailed() {
        fetchRequests.increment();
        failedFetchRequests.increment();
    }
}
