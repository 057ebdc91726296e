package io.millrace.broker.metrics;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.ProduceResponse;

/** Requests by API. Costs a request a few clock readings and additions, and a record nothing. Thread-safe. */
public final class RequestMetrics {

    private final AtomicReferenceArray<ApiTimes> byApi = new AtomicReferenceArray<>(ApiKeys.values().length);

    /**
     * The answer is sent.
     *
     * @param response null if the client wanted none
     */
    public void completed(ApiKeys api, short version, AbstractResponse response, RequestTimer timer) {
        ApiTimes times = of(api);
        times.completed(version, timer, System.nanoTime());
        switch (response) {
            case null -> { }
            case ProduceResponse produced -> countErrors(times, produced);
            case FetchResponse fetched -> countErrors(times, fetched);
            default -> response.errorCounts().forEach((error, count) -> {
                if (error != Errors.NONE) {
                    times.error(error, count);
                }
            });
        }
    }

    private ApiTimes of(ApiKeys api) {
        ApiTimes times = byApi.get(api.id);
        if (times == null) {
            byApi.compareAndSet(api.id, null, new ApiTimes());
            times = byApi.get(api.id);
        }
        return times;
    }

    /** @return null if there was no request of it yet */
    ApiTimes times(ApiKeys api) {
        return byApi.get(api.id);
    }

    /** The response's own count makes a map of all its partitions, which is much for what is asked for most. */
    private static void countErrors(ApiTimes times, ProduceResponse response) {
        for (TopicProduceResponse topic : response.data().responses()) {
            for (PartitionProduceResponse partition : topic.partitionResponses()) {
                if (partition.errorCode() != 0) {
                    times.error(Errors.forCode(partition.errorCode()), 1);
                }
            }
        }
    }

    private static void countErrors(ApiTimes times, FetchResponse response) {
        if (response.data().errorCode() != 0) {
            times.error(Errors.forCode(response.data().errorCode()), 1);
        }
        for (FetchableTopicResponse topic : response.data().responses()) {
            for (PartitionData partition : topic.partitions()) {
                if (partition.errorCode() != 0) {
                    times.error(Errors.forCode(partition.errorCode()), 1);
                }
            }
        }
    }
}
