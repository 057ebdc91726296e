package io.millrace.broker.coordinator;

import io.millrace.broker.request.Answer;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.requests.AbstractResponse;

/**
 * A response that is given when what it tells of is on stable storage. No thread waits meanwhile.
 *
 * @param decided in whatever logs
 */
public record DurableAnswer(List<Decided> decided, AbstractResponse response) implements Answer {

    public DurableAnswer(Decided decided, AbstractResponse response) {
        this(List.of(decided), response);
    }

    @Override
    public When begin(Runnable ready) {
        // One more than there are, so that nobody tells before all are asked.
        AtomicInteger left = new AtomicInteger(1);
        for (Decided one : decided) {
            left.incrementAndGet();
            boolean told = one.whenDurable(() -> {
                if (left.decrementAndGet() == 0) {
                    ready.run();
                }
            });
            if (!told) {
                left.decrementAndGet();
            }
        }
        return left.decrementAndGet() == 0 ? When.NOW : When.TOLD;
    }

    @Override
    public AbstractResponse await() throws InterruptedException {
        for (Decided one : decided) {
            one.awaitDurable();
        }
        return response;
    }
}
