package io.millrace.broker.network;

import io.millrace.broker.handler.Handlers;
import io.millrace.broker.metrics.RequestTimer;
import io.millrace.broker.network.Answers.UnansweredException;
import io.millrace.broker.quota.Quotas;
import io.millrace.broker.request.Answer;
import io.millrace.broker.request.Call;
import io.millrace.broker.wire.MalformedRequestException;
import io.millrace.broker.wire.RequestDecoder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.ApiKeys;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client's connection. Its reader decodes requests and hands each to its handler, in order; their {@link Answers} are sent in the same order,
 * by a writer where they have to be waited for. So a request is under way while the one before it still waits for the disk.
 *
 * <p>Neither thread is ever interrupted: they read and send files of the log, and an interrupt there closes the file for everybody. They end
 * because the channel is closed or its input is shut down, and answers are told by {@link Answer#cancel}.
 */
final class Connection {

    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    private static final Set<ApiKeys> OF_GROUPS = EnumSet.of(ApiKeys.JOIN_GROUP, ApiKeys.SYNC_GROUP);

    private final SocketChannel channel;
    private final SocketAddress peer;
    private final String writerName;
    private final InetAddress client;
    private final Handlers handlers;
    private final FrameReader frames;
    private final MemoryAccount account;
    private final UnsentResponses unsent;
    private final Answers answers;
    private final Throttle throttle;
    private final SystemReaders systemReaders;
    private final Consumer<Connection> ended;
    /** Of the reader's, whichever thread that is. */
    private boolean readBySystem;
    /** The threads that there are, and an answer that will start one. */
    private final AtomicInteger threads = new AtomicInteger();
    /** Written by both threads, read by the listener's sweep; a lost update is harmless. */
    private volatile long lastProgress;
    private volatile boolean draining;

    /** @param ended told when no thread runs any more */
    Connection(SocketChannel channel, Handlers handlers, Quotas quotas, ConnectionLimits limits, NetworkMemory memory, SystemReaders systemReaders,
            Consumer<Connection> ended) throws IOException {
        this.channel = channel;
        this.peer = channel.getRemoteAddress();
        this.writerName = "writer " + peer;
        this.client = channel.socket().getInetAddress();
        this.handlers = handlers;
        this.systemReaders = systemReaders;
        this.ended = ended;
        this.account = new MemoryAccount(memory.requests());
        this.unsent = new UnsentResponses(memory.responses());
        this.frames = new FrameReader(channel, limits.maxRequestBytes(), account);
        this.throttle = new Throttle(handlers, quotas);
        this.answers = new Answers(this, handlers, account, unsent, new SocketOutput(channel, this::progressed), limits.maxInFlight());
        progressed();
    }

    void start() {
        expectThread();
        start(Thread.ofVirtual(), "reader " + peer, this::read);
    }

    /** There will be one more thread, so the connection does not end before. Called by a thread of the connection, or before there is one. */
    void expectThread() {
        threads.incrementAndGet();
    }

    /** There will be none after all. Called by another thread of the connection. */
    void expectNoThread() {
        threads.decrementAndGet();
    }

    /** Called by any thread, once for each that is expected. */
    void startWriter(Runnable task) {
        start(Thread.ofVirtual(), writerName, task);
    }

    private void start(Thread.Builder kind, String name, Runnable task) {
        kind.name(name).start(() -> {
            try {
                task.run();
            } finally {
                endThread();
            }
        });
    }

    private void endThread() {
        if (threads.decrementAndGet() == 0) {
            close();
            account.end();
            unsent.end();
            if (readBySystem) {
                systemReaders.giveBack();
            }
            ended.accept(this);
        }
    }

    private void read() {
        boolean goesOn = false;
        try {
            for (ByteBuffer frame; !goesOn && (frame = next()) != null; ) {
                answers.add(handle(frame));
                goesOn = !readBySystem && frames.isBusyFor(SystemReaders.BUSY_FRAMES) && readBySystem();
            }
        } catch (MalformedRequestException malformed) {
            LOG.warn("client {}: {}; connection closed", peer, malformed.getMessage());
        } catch (IOException | UnansweredException gone) {
            LOG.debug("client {}: {}", peer, gone.toString());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } catch (Throwable broken) {
            LOG.error("client {}: cannot serve the connection, which is closed", peer, broken);
        } finally {
            if (!draining && !goesOn) {
                close();
            }
        }
    }

    /** Has a thread of the system go on from here, if there is one to be had. @return whether the current one is done */
    private boolean readBySystem() {
        if (!systemReaders.tryTake()) {
            return false;
        }
        readBySystem = true;
        frames.keepMemory();
        expectThread();
        try {
            start(Thread.ofPlatform().daemon().inheritInheritableThreadLocals(false), "reader " + peer, this::read);
        } catch (OutOfMemoryError noThread) {
            // This one goes on: the system has no more.
            LOG.debug("{}: {}", this, noThread.toString());
            expectNoThread();
            return false;
        }
        return true;
    }

    private Pending handle(ByteBuffer frame) throws MalformedRequestException {
        int bytes = frame.remaining();
        lastProgress = frames.arrived();
        RequestTimer timer = new RequestTimer(bytes, lastProgress);
        Call call = RequestDecoder.decode(frame, client, handlers);
        timer.decoded();
        if (call.header().apiKey() == ApiKeys.PRODUCE) {
            Answer answer = throttle.handle(call, bytes);
            // The records are in the log now, and nowhere else.
            account.giveBack(frames.loan());
            frames.done(frame);
            timer.handled();
            return new Pending(call, answer, timer, 0, 0);
        }
        unsent.awaitRoom();
        Answer answer = throttle.handle(call, bytes);
        timer.handled();
        int loan = frames.loan();
        if (OF_GROUPS.contains(call.header().apiKey())) {
            // The group has it now; and others, whom the answer waits for, need memory to join.
            account.giveBack(loan);
            loan = 0;
        }
        return new Pending(call, answer, timer, loan, unsent.made(call.header(), answer.made()));
    }

    /** While the client is muted, nothing is read, and what was read already waits. */
    private ByteBuffer next() throws IOException, MalformedRequestException {
        throttle.awaitUnmuted();
        ByteBuffer frame = frames.next();
        throttle.awaitUnmuted();
        return frame;
    }

    void progressed() {
        lastProgress = System.nanoTime();
    }

    /** Requests read but not answered. */
    int inFlight() {
        return answers.underWay();
    }

    boolean isIdleFor(long nanos) {
        return !answers.isWaiting() && !throttle.isMuted() && !account.isWaiting() && System.nanoTime() - lastProgress > nanos;
    }

    /** Whether its client began to send a request so long ago and did not end. */
    boolean owesRequestFor(long nanos) {
        return frames.isIncompleteFor(nanos);
    }

    /** Whether its client has been so slow to read a response that takes memory. */
    boolean holdsResponseFor(long nanos) {
        return answers.holdsResponseFor(nanos);
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
        throttle.release();
        unsent.release();
        try {
            channel.close();
        } catch (IOException failed) {
            LOG.debug("client {}: {}", peer, failed.toString());
        }
        answers.close();
    }

    @Override
    public String toString() {
        return "connection of " + peer;
    }
}
