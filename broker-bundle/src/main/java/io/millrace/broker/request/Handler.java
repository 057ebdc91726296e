package io.millrace.broker.request;

import org.apache.kafka.common.protocol.ApiKeys;

/** Serves one Kafka API. One class per API, registered in the table of handlers. Called concurrently by many connections. */
public interface Handler {

    ApiKeys api();

    default short minVersion() {
        return api().oldestVersion();
    }

    default short maxVersion() {
        return api().latestVersion(false);
    }

    /**
     * Does what must be done in the order of the connection's requests (for Produce: validate and append) and returns the rest as an answer
     * to wait for. An {@link org.apache.kafka.common.errors.ApiException} or any other exception becomes the request's error response.
     */
    Answer handle(Call call);
}
