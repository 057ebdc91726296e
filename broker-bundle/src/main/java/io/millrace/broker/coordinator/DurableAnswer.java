package io.millrace.broker.coordinator;

import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Countdown;
import java.util.List;
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
        Countdown countdown = new Countdown(ready);
        decided.forEach(one -> countdown.await(one::whenDurable));
        return countdown.begun();
    }

    @Override
    public AbstractResponse await() throws InterruptedException {
        for (Decided one : decided) {
            one.awaitDurable();
        }
        return response;
    }
}
