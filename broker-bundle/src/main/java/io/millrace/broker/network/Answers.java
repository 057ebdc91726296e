package io.millrace.broker.network;

import io.millrace.broker.handler.Handlers;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Answer.When;
import io.millrace.broker.wire.ResponseEncoder;
import java.io.IOException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.network.Send;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The answers of one connection that are under way: awaited and sent in the order of requests. The reader sends those itself that are ready when
 * none is before them; otherwise there is a writer, for as long as there is something to do for it. So an idle connection has none, a request that
 * nobody has to wait for is served by one thread, and one whose answer tells when it is ready has none while it waits.
 */
final class Answers {

    private static final Logger LOG = LoggerFactory.getLogger(Answers.class);

    private final Connection connection;
    private final Handlers handlers;
    private final MemoryAccount account;
    private final UnsentResponses unsent;
    /** Used by whoever is at the current answer. */
    private final SocketOutput output;
    private final int most;
    private final Queue<Pending> queue = new ConcurrentLinkedQueue<>();
    /** Those of the queue and the current one. Raised by the reader, which begins with the first itself. */
    private final AtomicInteger underWay = new AtomicInteger();
    /** The one whose turn it is: the reader's, the writer's, or of neither as long as a writer is to be started when it is ready. */
    private Pending current;
    /** The reader while it waits until fewer are under way. */
    private volatile Thread waiting;
    /** Set while one is awaited, which is not idleness. */
    private volatile Answer awaited;
    /** Set while a response is sent that takes memory; else 0. */
    private volatile long sendingSince;
    private volatile boolean closed;

    /** @param most that may be under way before the reader has to wait */
    Answers(Connection connection, Handlers handlers, MemoryAccount account, UnsentResponses unsent, SocketOutput output, int most) {
        this.connection = connection;
        this.handlers = handlers;
        this.account = account;
        this.unsent = unsent;
        this.output = output;
        this.most = most;
    }

    /** Called by the reader; blocks while too many are under way, or until the response is sent if nobody has to wait for it. */
    void add(Pending pending) throws IOException, InterruptedException, UnansweredException {
        if (underWay.get() >= most) {
            awaitFewer();
        }
        queue.add(pending);
        if (underWay.getAndIncrement() == 0) {
            switch (beginNext()) {
                case NOW -> {
                    answer();
                    underWay.decrementAndGet();
                }
                case TOLD -> { }
                case AWAITED -> {
                    connection.expectThread();
                    startWriter();
                }
            }
        }
    }

    /** The turn of the queue's first. If it is going to tell when it is ready, a writer goes on from there, maybe now. */
    private When beginNext() {
        Pending next = queue.remove();
        current = next;
        next.timer().taken();
        awaited = next.answer();
        if (closed) {
            cancel(next.answer());
        }
        connection.expectThread();
        When when = When.AWAITED;
        try {
            when = next.answer().begin(this::startWriter);
        } finally {
            if (when != When.TOLD) {
                connection.expectNoThread();
            }
        }
        return when;
    }

    private void startWriter() {
        connection.startWriter(this::write);
    }

    private void awaitFewer() {
        waiting = Thread.currentThread();
        while (underWay.get() >= most && !closed) {
            LockSupport.park(this);
        }
        waiting = null;
    }

    private void write() {
        try {
            int left;
            do {
                answer();
                left = underWay.decrementAndGet();
                LockSupport.unpark(waiting);
            } while (left > 0 && beginNext() != When.TOLD);
        } catch (IOException gone) {
            LOG.debug("{}: {}", connection, gone.toString());
            connection.close();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            connection.close();
        } catch (UnansweredException unanswered) {
            LOG.debug("{}: {}; closed", connection, unanswered.getMessage());
            connection.close();
        } catch (Throwable broken) {
            LOG.error("{}: cannot send a response; closed", connection, broken);
            connection.close();
        }
    }

    private void answer() throws IOException, InterruptedException, UnansweredException {
        Pending pending = current;
        AbstractResponse response = await(pending);
        // Whoever does not read responses has no memory of requests for it.
        account.giveBack(pending.loan());
        if (response != null) {
            pending.timer().throttled(TimeUnit.MILLISECONDS.toNanos(response.throttleTimeMs()));
            send(pending, response);
        }
        handlers.metrics().requests().completed(pending.call().header().apiKey(), pending.call().version(), response, pending.timer());
    }

    private AbstractResponse await(Pending next) throws InterruptedException, UnansweredException {
        Answer answer = next.answer();
        try {
            return answer.await();
        } catch (RuntimeException failure) {
            AbstractResponse error = handlers.failed(next.call(), failure);
            if (error == null) {
                throw new UnansweredException(next.call().header().apiKey().name);
            }
            return error;
        } finally {
            awaited = null;
            next.timer().answered(answer.waited());
            connection.progressed();
        }
    }

    private void send(Pending answered, AbstractResponse response) throws IOException {
        RequestHeader header = answered.call().header();
        long held = answered.held();
        if (held == 0 && answered.answer().made() == null) {
            unsent.awaitRoomOfOthers();
            held = unsent.made(header, response);
        }
        Send send = ResponseEncoder.encode(header, response);
        if (held > 0) {
            sendingSince = System.nanoTime() | 1;
        }
        while (!send.completed()) {
            send.writeTo(output);
        }
        if (held > 0) {
            sendingSince = 0;
            unsent.sent(held);
        }
    }

    int underWay() {
        return underWay.get();
    }

    boolean isWaiting() {
        return awaited != null;
    }

    /** Whether the client has been so slow to read a response that takes memory. */
    boolean holdsResponseFor(long nanos) {
        long since = sendingSince;
        return since != 0 && System.nanoTime() - since > nanos;
    }

    /** Nobody reads the answers any more. Called from any thread. */
    void close() {
        closed = true;
        LockSupport.unpark(waiting);
        Answer waits = awaited;
        if (waits != null) {
            cancel(waits);
        }
    }

    /** Whoever closes has more to do: others' connections, or to give back what this one has. */
    private void cancel(Answer answer) {
        try {
            answer.cancel();
        } catch (RuntimeException failed) {
            LOG.debug("{}: an answer cannot be cancelled that nobody reads: {}", connection, failed.toString());
        }
    }

    /** A request that failed and whose client wants no response learns of it by the end of the connection, as with Kafka. */
    static final class UnansweredException extends Exception {

        private static final long serialVersionUID = 1L;

        UnansweredException(String api) {
            super(api + " failed and has no error response");
        }
    }
}
