package io.millrace.broker.network;

import io.millrace.broker.handler.Handlers;
import io.millrace.broker.quota.ClientQuotas;
import io.millrace.broker.quota.Limit;
import io.millrace.broker.quota.QuotaType;
import io.millrace.broker.quota.QuotaWindows;
import io.millrace.broker.quota.Quotas;
import io.millrace.broker.quota.RateMeters.Admission;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.FetchRequest;
import org.apache.kafka.common.requests.FetchResponse;
import org.apache.kafka.common.requests.ProduceRequest;

/**
 * Holds one connection's client to its quotas. A response tells at once for how long the client is throttled, and nothing more is read from it
 * for that long (KIP-219). Costs a look for quotas per request where there are none.
 *
 * <p>The connection's reader calls {@link #handle} and {@link #awaitUnmuted}, its writer awaits the answers.
 */
final class Throttle {

    private static final long NOT_MUTED = 0;

    private final Handlers handlers;
    private final Quotas quotas;
    /** Until when, as {@link System#nanoTime} counts. Set by both threads, cleared by the reader. */
    private final AtomicLong mutedUntil = new AtomicLong(NOT_MUTED);
    private volatile Thread muted;
    private volatile boolean released;

    Throttle(Handlers handlers, Quotas quotas) {
        this.handlers = handlers;
        this.quotas = quotas;
    }

    /** As {@link Handlers#handle}. @param bytes size of the request's frame */
    Answer handle(Call call, int bytes) {
        ClientQuotas inForce = quotas.inForce();
        return inForce == null ? handlers.handle(call) : new Metered(call, inForce).handle(bytes);
    }

    /** Blocks the reader while the client is to be still. Spares who is not the clock. */
    void awaitUnmuted() {
        if (!isMuted()) {
            return;
        }
        // Before the look at released, so that whoever releases knows whom to wake.
        muted = Thread.currentThread();
        for (long until; (until = mutedUntil.get()) != NOT_MUTED && !released; ) {
            long left = until - System.nanoTime();
            if (left <= 0) {
                mutedUntil.compareAndSet(until, NOT_MUTED);
            } else {
                LockSupport.parkNanos(this, left);
            }
        }
        muted = null;
    }

    boolean isMuted() {
        return mutedUntil.get() != NOT_MUTED;
    }

    /** Nobody is muted from now on: the connection ends. Called from any thread. */
    void release() {
        released = true;
        LockSupport.unpark(muted);
    }

    private void mute(long millis) {
        if (millis > 0) {
            // Odd, hence never the mark of not being muted.
            long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis) | 1;
            mutedUntil.accumulateAndGet(until, (one, other) -> one == NOT_MUTED || other - one > 0 ? other : one);
        }
    }

    private static long nowMillis() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    /** One request of a client while there are quotas. */
    private final class Metered implements Answer {

        private final Call call;
        private final ClientQuotas inForce;
        private Answer answer;
        private long throttleMillis;
        /** Set where {@link #begin} did some of the work; else 0. */
        private long beganAt;

        Metered(Call call, ClientQuotas inForce) {
            this.call = call;
            this.inForce = inForce;
        }

        Metered handle(int bytes) {
            long began = System.nanoTime();
            if (call.request() instanceof ProduceRequest) {
                record(limit(QuotaType.PRODUCER_BYTE_RATE), bytes);
            } else if (call.request() instanceof FetchRequest fetch) {
                keepWithinBudget(fetch.data());
            }
            answer = handlers.handle(call);
            recordTime(System.nanoTime() - began);
            mute(throttleMillis);
            return this;
        }

        @Override
        public When begin(Runnable ready) {
            // Before the answer begins: whoever is told of it may go on at once.
            beganAt = System.nanoTime();
            When when = answer.begin(ready);
            if (when == When.AWAITED) {
                beganAt = 0;
            }
            return when;
        }

        @Override
        public AbstractResponse await() throws InterruptedException {
            AbstractResponse response;
            long began = beganAt == 0 ? System.nanoTime() : beganAt;
            try {
                response = answer.await();
            } catch (RuntimeException failure) {
                response = handlers.failed(call, failure);
                if (response == null) {
                    throw failure;
                }
            }
            long before = throttleMillis;
            recordTime(Math.max(0, System.nanoTime() - began - answer.waited()));
            if (response != null) {
                // Creating and deleting topics has a quota of its own, which the handler sees to.
                throttleMillis = Math.max(throttleMillis, response.throttleTimeMs());
                if (response instanceof FetchResponse fetched) {
                    recordFetched(fetched.data());
                }
                response.maybeSetThrottleTimeMs((int) Math.min(Integer.MAX_VALUE, throttleMillis));
            }
            if (throttleMillis > before) {
                mute(throttleMillis);
            }
            return response;
        }

        @Override
        public void cancel() {
            answer.cancel();
        }

        @Override
        public long waited() {
            return answer.waited();
        }

        @Override
        public AbstractResponse made() {
            return answer.made();
        }

        private Limit limit(QuotaType type) {
            return inForce.limit(type, call.user(), call.clientId());
        }

        private void record(Limit limit, double amount) {
            if (limit != null) {
                throttleMillis = Math.max(throttleMillis, quotas.meters().record(limit, amount, nowMillis()));
            }
        }

        private void recordTime(long nanos) {
            Limit limit = limit(QuotaType.REQUEST_PERCENTAGE);
            if (limit != null) {
                double percentSeconds = nanos * 100.0 / TimeUnit.SECONDS.toNanos(1);
                long excess = quotas.meters().record(limit, percentSeconds, nowMillis());
                throttleMillis = Math.max(throttleMillis, Math.min(excess, quotas.meters().windows().seconds() * 1000L));
            }
        }

        /** A response larger than all windows allow would be withheld again and again. */
        private void keepWithinBudget(FetchRequestData fetch) {
            Limit limit = limit(QuotaType.CONSUMER_BYTE_RATE);
            if (limit != null) {
                QuotaWindows windows = quotas.meters().windows();
                int most = (int) Math.clamp(windows.budget(limit.bound()), 1.0, Integer.MAX_VALUE);
                fetch.setMaxBytes(Math.min(fetch.maxBytes(), most));
                fetch.setMinBytes(Math.min(fetch.minBytes(), fetch.maxBytes()));
            }
        }

        private void recordFetched(FetchResponseData fetched) {
            Limit limit = limit(QuotaType.CONSUMER_BYTE_RATE);
            if (limit != null) {
                int size = fetched.size(new ObjectSerializationCache(), call.version());
                Admission admission = quotas.meters().admit(limit, size, nowMillis());
                throttleMillis = Math.max(throttleMillis, admission.excessMillis());
                if (!admission.admitted()) {
                    withhold(fetched);
                }
            }
        }

        /** Everything else of the partitions is told: the session counts it as told. The client asks for the records again. */
        private void withhold(FetchResponseData fetched) {
            fetched.responses().forEach(topic -> topic.partitions().forEach(this::withhold));
        }

        private void withhold(PartitionData partition) {
            if (FetchResponse.recordsSize(partition) > 0) {
                partition.setRecords(MemoryRecords.EMPTY);
                if (partition.abortedTransactions() != null) {
                    partition.setAbortedTransactions(List.of());
                }
            }
        }
    }
}
