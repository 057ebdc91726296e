package io.millrace.broker.network;

import io.millrace.api.metrics.Distribution;
import io.millrace.broker.network.Admission.TooFast;
import io.millrace.broker.network.Admission.TooMany;
import io.millrace.broker.network.Admission.Welcome;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes connections from the listening socket, one after another, as {@link Admission} lets them in. */
final class Acceptor implements AcceptCounts {

    private static final Logger LOG = LoggerFactory.getLogger(Acceptor.class);
    /** Those that came too fast are closed at once where there are so many of them already. */
    private static final int MANY_DELAYED = 1000;
    private static final long LOG_INTERVAL = TimeUnit.SECONDS.toNanos(10);

    /** Serves a connection that was let in, or fails. */
    @FunctionalInterface
    interface Host {
        void serve(SocketChannel channel, InetAddress address) throws IOException;
    }

    private final ServerSocketChannel server;
    private final Admission admission;
    private final Host host;
    private final LongAdder accepted = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final LongAdder blockedNanos = new LongAdder();
    private final Distribution delays = new Distribution();
    private final Distribution addressDelays = new Distribution();
    private final AtomicInteger delayed = new AtomicInteger();
    private volatile Thread blocked;
    private long loggedAt = System.nanoTime() - LOG_INTERVAL;
    private int unlogged;

    Acceptor(ServerSocketChannel server, Admission admission, Host host) {
        this.server = server;
        this.admission = admission;
        this.host = host;
    }

    void run() {
        while (server.isOpen()) {
            SocketChannel channel = null;
            try {
                awaitRoom();
                channel = server.accept();
                accepted.increment();
                admit(channel, channel.socket().getInetAddress());
            } catch (ClosedChannelException _) {
                closeQuietly(channel);
                if (!server.isOpen()) {
                    return;
                }
            } catch (Throwable failed) {
                // Errors, too: without this thread nobody could connect any more.
                closeQuietly(channel);
                LOG.warn("cannot accept a connection: {}", failed.toString());
                // Usually out of file descriptors: trying again at once would only burn a processor.
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
            }
        }
    }

    private void awaitRoom() {
        if (!admission.hasRoom()) {
            tell("there are {} connections (max.connections); others wait until one ends", admission.most());
            park(admission::hasRoom, Long.MAX_VALUE);
        }
    }

    private void admit(SocketChannel channel, InetAddress address) throws IOException {
        switch (admission.admit(address, TimeUnit.NANOSECONDS.toMillis(System.nanoTime()))) {
            case Welcome(long millis) -> {
                if (millis > 0) {
                    delays.record(millis);
                    park(() -> false, TimeUnit.MILLISECONDS.toNanos(millis));
                }
                try {
                    host.serve(channel, address);
                } catch (Throwable failed) {
                    admission.ended(address);
                    throw failed;
                }
            }
            case TooMany(int most) -> {
                tell("client {}: refused, its address has {} connections already (max.connections.per.ip)", address.getHostAddress(), most);
                refused.increment();
                channel.close();
            }
            case TooFast(double perSecond, long millis) -> {
                tell("client {}: refused, its address has more than {} connections per second (connection_creation_rate)", address.getHostAddress(), perSecond);
                refused.increment();
                addressDelays.record(millis);
                closeLater(channel, millis);
            }
        }
    }

    /** Whoever is refused at once tries again at once. */
    private void closeLater(SocketChannel channel, long millis) {
        if (delayed.incrementAndGet() > MANY_DELAYED) {
            delayed.decrementAndGet();
            closeQuietly(channel);
            return;
        }
        Thread.ofVirtual().name("refused").start(() -> {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
            closeQuietly(channel);
            delayed.decrementAndGet();
        });
    }

    private void park(BooleanSupplier over, long nanos) {
        long began = System.nanoTime();
        blocked = Thread.currentThread();
        for (long left = nanos; left > 0 && server.isOpen() && !over.getAsBoolean(); left = nanos - (System.nanoTime() - began)) {
            LockSupport.parkNanos(this, left);
        }
        blocked = null;
        blockedNanos.add(System.nanoTime() - began);
    }

    /** There may be room, or nothing more to accept. Called from any thread. */
    void wake() {
        LockSupport.unpark(blocked);
    }

    /** Whoever is refused should not be able to fill the disk with it. */
    private void tell(String message, Object... arguments) {
        if (System.nanoTime() - loggedAt < LOG_INTERVAL) {
            unlogged++;
            return;
        }
        LOG.warn(message, arguments);
        if (unlogged > 0) {
            LOG.warn("{} more connections had to wait or were refused before", unlogged);
        }
        unlogged = 0;
        loggedAt = System.nanoTime();
    }

    @Override
    public long accepted() {
        return accepted.sum();
    }

    @Override
    public long refused() {
        return refused.sum();
    }

    @Override
    public long blockedNanos() {
        return blockedNanos.sum();
    }

    @Override
    public Distribution delays() {
        return delays;
    }

    @Override
    public Distribution addressDelays() {
        return addressDelays;
    }

    private static void closeQuietly(SocketChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException failed) {
                LOG.debug("closing {}: {}", channel, failed.toString());
            }
        }
    }
}
