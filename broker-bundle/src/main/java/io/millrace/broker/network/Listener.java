package io.millrace.broker.network;

import io.millrace.broker.handler.Handlers;
import io.millrace.broker.quota.Quotas;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Accepts connections on one address and keeps account of them. */
public final class Listener implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Listener.class);
    private static final int BACKLOG = 1024;

    private final ServerSocketChannel server;
    private final ConnectionLimits limits;
    private final NetworkMemory memory;
    /** Changes while the node runs. */
    private volatile int maxConnections;
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final LongAdder accepted = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private volatile Handlers handlers;
    private volatile Quotas quotas;

    private Listener(ServerSocketChannel server, ConnectionLimits limits, NetworkMemory memory) {
        this.server = server;
        this.limits = limits;
        this.memory = memory;
        this.maxConnections = limits.maxConnections();
    }

    /**
     * Takes the address, so that nobody else can, without accepting yet.
     *
     * @throws IllegalStateException naming the address if it cannot be had
     */
    public static Listener bind(InetSocketAddress address, ConnectionLimits limits, NetworkMemory memory) {
        if (address.isUnresolved()) {
            throw new IllegalStateException("listen=" + address.getHostString() + ":" + address.getPort() + ": no such host; use an address of this machine");
        }
        ServerSocketChannel server = null;
        try {
            server = ServerSocketChannel.open();
            server.bind(address, BACKLOG);
            return new Listener(server, limits, memory);
        } catch (IOException taken) {
            closeQuietly(server);
            throw new IllegalStateException("cannot listen on " + address.getHostString() + ":" + address.getPort() + ": " + taken.getMessage()
                    + "; stop the program that uses it or choose another one with --listen HOST:PORT", taken);
        }
    }

    /** The address taken, with the real port. */
    public InetSocketAddress address() {
        try {
            return (InetSocketAddress) server.getLocalAddress();
        } catch (IOException closed) {
            throw new IllegalStateException("the listener is closed", closed);
        }
    }

    public void accept(Handlers requests, Quotas inForce) {
        quotas = inForce;
        handlers = requests;
        Thread.ofVirtual().name("acceptor").start(this::acceptAll);
        Thread.ofVirtual().name("idle connections").start(this::sweep);
    }

    public NetworkMemory memory() {
        return memory;
    }

    /** From now on; those that are connected stay. */
    public void limitConnections(int most) {
        maxConnections = most;
    }

    public int connections() {
        return connections.size();
    }

    /** Ever accepted, those that were closed at once included. */
    public long accepted() {
        return accepted.sum();
    }

    /** Closed at once, because there were too many. */
    public long refused() {
        return refused.sum();
    }

    /** Requests of all connections that are read but not answered. */
    public int inFlight() {
        int all = 0;
        for (Connection connection : connections) {
            all += connection.inFlight();
        }
        return all;
    }

    private void acceptAll() {
        while (server.isOpen()) {
            SocketChannel channel = null;
            try {
                channel = server.accept();
                admit(channel);
            } catch (ClosedChannelException _) {
                return;
            } catch (IOException | RuntimeException failed) {
                closeQuietly(channel);
                LOG.warn("cannot accept a connection: {}", failed.toString());
                // Usually out of file descriptors: trying again at once would only burn a processor.
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
            }
        }
    }

    private void admit(SocketChannel channel) throws IOException {
        accepted.increment();
        if (connections.size() >= maxConnections) {
            LOG.warn("client {}: refused, there are {} connections already (max.connections)", channel.getRemoteAddress(), maxConnections);
            refused.increment();
            channel.close();
            return;
        }
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
        Connection connection = new Connection(channel, handlers, quotas, limits, memory, connections::remove);
        connections.add(connection);
        connection.start();
        if (stopping.getCount() == 0) {
            connection.close();
        }
    }

    private void sweep() {
        IdleSweep sweep = new IdleSweep(limits, memory);
        try {
            while (!stopping.await(sweep.intervalMillis(), TimeUnit.MILLISECONDS)) {
                sweep.over(connections);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /** Accepts no more connections and reads no more requests. */
    public void stopAccepting() {
        stopping.countDown();
        closeQuietly(server);
        connections.forEach(Connection::drain);
    }

    /** @return whether all that was read has been answered within the time */
    public boolean awaitDrained(Duration atMost) {
        long deadline = System.nanoTime() + atMost.toNanos();
        while (!connections.isEmpty()) {
            if (System.nanoTime() - deadline >= 0) {
                return false;
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        return true;
    }

    /** Ends every connection, answered or not. */
    @Override
    public void close() {
        stopping.countDown();
        closeQuietly(server);
        connections.forEach(Connection::close);
    }

    private static void closeQuietly(AutoCloseable channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (Exception failed) {
                LOG.debug("closing {}: {}", channel, failed.toString());
            }
        }
    }
}
