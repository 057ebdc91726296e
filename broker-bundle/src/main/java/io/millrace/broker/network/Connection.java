package io.millrace.broker.network;

import io.millrace.broker.handler.Answer;
import io.millrace.broker.handler.Call;
import io.millrace.broker.handler.Handlers;
import io.millrace.broker.metrics.RequestTimer;
import io.millrace.broker.quota.Quotas;
import io.millrace.broker.wire.MalformedRequestException;
import io.millrace.broker.wire.RequestDecoder;
import io.millrace.broker.wire.ResponseEncoder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.kafka.common.network.Send;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's connection. Its reader decodes requests and hands each to its handler, in order; its writer awaits the answers and sends
 * them, in the same order. So a request is under way while the one before it still waits for the disk.
 *
 * <p>Neither thread is ever interrupted: they read and send files of the log, and an interrupt there closes the file for everybody. They end
 * because the channel is closed or its input is shut down, and answers are told by {@link Answer#cancel}.
 */
final class Connection {

    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);
    private static final Pending LAST = new Pending(null, null, null, 0, 0);

    private final SocketChannel channel;
    private final SocketAddress peer;
    private final InetAddress client;
    private final Handlers handlers;
    private final BlockingQueue<Pending> inFlight;
    private final FrameReader frames;
    private final MemoryAccount account;
    private final UnsentResponses unsent;
    private final SocketOutput output;
    private final Throttle throttle;
    private final Consumer<Connection> ended;
    private final AtomicInteger threads = new AtomicInteger(2);
    /** Written by both threads, read by the listener's sweep; a lost update is harmless. */
    private volatile long lastProgress;
    /** Set by the writer while it awaits an answer, which is not idleness. */
    private volatile Answer awaited;
    /** Set by the writer while it sends a response that takes memory; else 0. */
    private volatile long sendingSince;
    private volatile boolean draining;
    private volatile boolean closed;

    /**
     * A request under way.
     *
     * @param loan what it has of the request memory
     * @param held what its response has of the response memory already
     */
    private record Pending(Call call, Answer answer, RequestTimer timer, int loan, long held) {
    }

    /** @param ended told when neither thread runs any more */
    Connection(SocketChannel channel, Handlers handlers, Quotas quotas, ConnectionLimits limits, NetworkMemory memory, Consumer<Connection> ended)
            throws IOException {
        this.channel = channel;
        this.peer = channel.getRemoteAddress();
        this.client = channel.socket().getInetAddress();
        this.handlers = handlers;
        this.ended = ended;
        this.inFlight = new ArrayBlockingQueue<>(limits.maxInFlight());
        this.account = new MemoryAccount(memory.requests());
        this.unsent = new UnsentResponses(memory.responses());
        this.frames = new FrameReader(channel, limits.maxRequestBytes(), account);
        this.throttle = new Throttle(handlers, quotas);
        this.output = new SocketOutput(channel, this::progressed);
        progressed();
    }

    void start() {
        Thread.ofVirtual().name("reader " + peer).start(this::read);
        Thread.ofVirtual().name("writer " + peer).start(this::write);
    }

    private void read() {
        try {
            for (ByteBuffer frame; (frame = next()) != null; ) {
                inFlight.put(handle(frame));
            }
        } catch (MalformedRequestException malformed) {
            LOG.warn("client {}: {}; connection closed", peer, malformed.getMessage());
        } catch (IOException gone) {
            LOG.debug("client {}: {}", peer, gone.toString());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } catch (Throwable broken) {
            LOG.error("client {}: cannot serve the connection, which is closed", peer, broken);
        } finally {
            if (!draining) {
                close();
            }
            endQueue();
            endThread();
        }
    }

    private Pending handle(ByteBuffer frame) throws MalformedRequestException {
        int bytes = frame.remaining();
        lastProgress = frames.arrived();
        RequestTimer timer = new RequestTimer(bytes, lastProgress);
        Call call = RequestDecoder.decode(frame, client, handlers);
        timer.decoded();
        if (call.header().apiKey() == ApiKeys.PRODUCE) {
            Answer answer = throttle.handle(call, bytes);
            // The records are in the log now.
            account.giveBack(frames.loan());
            timer.handled();
            return new Pending(call, answer, timer, 0, 0);
        }
        unsent.awaitRoom();
        Answer answer = throttle.handle(call, bytes);
        timer.handled();
        return new Pending(call, answer, timer, frames.loan(), unsent.made(call.header(), answer.made()));
    }

    /** While the client is muted, nothing is read, and what was read already waits. */
    private ByteBuffer next() throws IOException, MalformedRequestException {
        throttle.awaitUnmuted();
        ByteBuffer frame = frames.next();
        throttle.awaitUnmuted();
        return frame;
    }

    private void endQueue() {
        // Full only if the writer is at work, which then makes room or ends and clears.
        while (true) {
            try {
                inFlight.put(LAST);
                return;
            } catch (InterruptedException _) {
                close();
            }
        }
    }

    private void write() {
        try {
            for (Pending next; (next = inFlight.take()) != LAST; ) {
                next.timer().taken();
                AbstractResponse response = await(next);
                if (response != null) {
                    next.timer().throttled(TimeUnit.MILLISECONDS.toNanos(response.throttleTimeMs()));
                    send(next, response);
                }
                account.giveBack(next.loan());
                handlers.metrics().requests().completed(next.call().header().apiKey(), next.call().version(), response, next.timer());
            }
        } catch (IOException gone) {
            LOG.debug("client {}: {}", peer, gone.toString());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } catch (UnansweredException unanswered) {
            LOG.debug("client {}: {} failed and has no error response; connection closed", peer, unanswered.getMessage());
        } catch (Throwable broken) {
            LOG.error("client {}: cannot send a response; connection closed", peer, broken);
        } finally {
            close();
            inFlight.clear();
            endThread();
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

    private void endThread() {
        if (threads.decrementAndGet() == 0) {
            account.end();
            unsent.end();
            ended.accept(this);
        }
    }

    private AbstractResponse await(Pending next) throws InterruptedException, UnansweredException {
        Answer answer = next.answer();
        awaited = answer;
        if (closed) {
            answer.cancel();
        }
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
            next.timer().answered(answer);
            progressed();
        }
    }

    private void progressed() {
        lastProgress = System.nanoTime();
    }

    /** Requests read but not answered. */
    int inFlight() {
        return inFlight.size() + (awaited == null ? 0 : 1);
    }

    boolean isIdleFor(long nanos) {
        return awaited == null && !throttle.isMuted() && !account.isWaiting() && System.nanoTime() - lastProgress > nanos;
    }

    /** Whether its client began to send a request so long ago and did not end. */
    boolean owesRequestFor(long nanos) {
        return frames.isIncompleteFor(nanos);
    }

    /** Whether its client has been so slow to read a response that takes memory. */
    boolean holdsResponseFor(long nanos) {
        long since = sendingSince;
        return since != 0 && System.nanoTime() - since > nanos;
    }

    /** No more requests are read; what was read is answered, then the connection ends. */
    void drain() {
        draining = true;
        throttle.release();
        try {
            channel.shutdownInput();
        } catch (IOException _) {
            close();
        }
    }

    void close() {
        closed = true;
        throttle.release();
        unsent.release();
        try {
            channel.close();
        } catch (IOException failed) {
            LOG.debug("client {}: {}", peer, failed.toString());
        }
        Answer waiting = awaited;
        if (waiting != null) {
            waiting.cancel();
        }
    }

    @Override
    public String toString() {
        return "connection of " + peer;
    }

    /** A request that failed and whose client wants no response learns of it by the end of the connection, as with Kafka. */
    private static final class UnansweredException extends Exception {

        private static final long serialVersionUID = 1L;

        UnansweredException(String api) {
            super(api);
        }
    }
}
