package io.millrace.kernel.http;

import io.millrace.api.metrics.Distribution;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** Counts what the listener answered, by the path that a resource is served at, so that nobody can make up names. Thread-safe. */
public final class HttpTraffic {

    /** @param path that the resource is served at; empty where nothing is served */
    public record Answer(String path, String method, int status) {
    }

    private final Map<Answer, LongAdder> answers = new ConcurrentHashMap<>();
    private final Map<String, Distribution> routes = new ConcurrentHashMap<>();

    void answered(String path, String method, int status, long nanos) {
        answers.computeIfAbsent(new Answer(path, method, status), _ -> new LongAdder()).increment();
        routes.computeIfAbsent(path, _ -> new Distribution()).recordNanos(nanos);
    }

    public Map<Answer, LongAdder> answers() {
        return Collections.unmodifiableMap(answers);
    }

    /** Microseconds by path. */
    public Map<String, Distribution> routes() {
        return Collections.unmodifiableMap(routes);
    }
}
