package io.millrace.broker.metrics;

import io.millrace.api.metrics.Distribution;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.common.protocol.Errors;

/** What the requests of one API took, in microseconds, and how they ended. Thread-safe. */
final class ApiTimes {

    final Distribution queue = new Distribution();
    final Distribution local = new Distribution();
    final Distribution remote = new Distribution();
    final Distribution responseQueue = new Distribution();
    final Distribution throttle = new Distribution();
    final Distribution send = new Distribution();
    final Distribution total = new Distribution();
    final Distribution requestBytes = new Distribution();
    final Map<Short, LongAdder> byVersion = new ConcurrentHashMap<>();
    final Map<Errors, LongAdder> errors = new ConcurrentHashMap<>();

    void completed(short version, RequestTimer timer, long sent) {
        queue.recordNanos(timer.queue());
        local.recordNanos(timer.local());
        remote.recordNanos(timer.remote());
        responseQueue.recordNanos(timer.responseQueue());
        throttle.recordNanos(timer.throttle());
        send.recordNanos(timer.send(sent));
        total.recordNanos(timer.total(sent));
        requestBytes.record(timer.bytes());
        byVersion.computeIfAbsent(version, _ -> new LongAdder()).increment();
    }

    void error(Errors error, int times) {
        errors.computeIfAbsent(error, _ -> new LongAdder()).add(times);
    }
}
